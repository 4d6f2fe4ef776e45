-- Accept an event once. KEYS: those of `thread.lua`, recent, seen...
-- ARGV: thread lane_offset event_id lane order_us payload dedupe_ms only_if_known recent_ms person asks attempted
-- Returns 'stored', 'duplicate' or 'unknown'.
if ARGV[8] == '1' and redis.call('EXISTS', KEYS[2]) == 0 then return 'unknown' end
local seen = false
for i = 12, #KEYS do
  if not redis.call('SET', KEYS[i], '1', 'NX', 'PX', ARGV[7]) then seen = true end
end
if seen then return 'duplicate' end
local order = tonumber(ARGV[5])
if order == 0 then order = now_us end
redis.call('ZADD', KEYS[3], string.format('%.0f', ARGV[2] * ARGV[4] + order), ARGV[3])
redis.call('HSET', KEYS[9], ARGV[3], ARGV[6])
redis.call('HSETNX', KEYS[2], 'fence', '0')
-- Somebody may have begun to answer it: whoever claims it looks for that.
if ARGV[12] == '1' then redis.call('HSET', KEYS[2], 'tries:' .. ARGV[3], '1') end
if ARGV[9] ~= '0' then
  redis.call('ZADD', KEYS[11], string.format('%.0f', order), ARGV[1])
  redis.call('ZREMRANGEBYRANK', KEYS[11], 0, -201)
  redis.call('PEXPIRE', KEYS[11], ARGV[9])
end
if ARGV[11] == '1' then redis.call('HSET', KEYS[5], ARGV[1], ARGV[10]) end
if tonumber(redis.call('HGET', KEYS[2], 'lease') or '0') <= now_ms then
  -- A thread that is in line keeps its rank, unless what has come may overtake.
  local band = band_of_head()
  if is_behind(redis.call('ZSCORE', KEYS[1], ARGV[1]), band) then line_up_again(band, ARGV[10]) end
end
return 'stored'
