-- Give a thread whose time has come its rank: a timer rang, a pause is over, a lease has lapsed.
-- KEYS: those of `thread.lua`.  ARGV: thread lane_offset lease_ms expected
-- `expected` is what time it is for who asks, in ms, where no clock has leapt; '' where that is not known.
redis.call('ZREM', KEYS[10], ARGV[1])
local rank = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not rank or tonumber(rank) > now_ms then return 0 end
-- All leases lapse at once where this clock leaps ahead, and their owners work on: each has its own once more. They push
-- theirs on ten times in a lease, so that half of one is more than any lacks; who is dead is waited for again.
local expected = tonumber(ARGV[4])
if expected and now_ms - expected > ARGV[3] / 2 and redis.call('HEXISTS', KEYS[2], 'owner') == 1 then
  local lease = now_ms + tonumber(ARGV[3])
  redis.call('HSET', KEYS[2], 'lease', lease)
  redis.call('ZADD', KEYS[1], lease, ARGV[1])
  return 0
end
ring()
local band = band_of_head()
if not band then rest()
elseif is_behind(rank, band) then line_up_again(band, asker())
else alarm(band) end
return 1
