-- Give a thread whose time has come its rank: a timer rang, a pause is over, a lease has lapsed.
-- KEYS: those of `thread.lua`.  ARGV: thread lane_offset
redis.call('ZREM', KEYS[10], ARGV[1])
local rank = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not rank or tonumber(rank) > now_ms then return 0 end
ring()
local band = band_of_head()
if not band then rest()
elseif is_behind(rank, band) then line_up_again(band, asker())
else alarm(band) end
return 1
