-- Accept an event once. KEYS: due wake row inbox events recent seen...
-- ARGV: thread event_id lane_offset order_us payload dedupe_ms only_if_known recent_ms
-- Returns 'stored', 'duplicate' or 'unknown'.
local now = redis.call('TIME')
local now_us = now[1] * 1000000 + now[2]
local now_ms = math.floor(now_us / 1000)
if ARGV[7] == '1' and redis.call('EXISTS', KEYS[3]) == 0 then return 'unknown' end
local seen = false
for i = 7, #KEYS do
  if not redis.call('SET', KEYS[i], '1', 'NX', 'PX', ARGV[6]) then seen = true end
end
if seen then return 'duplicate' end
local order = tonumber(ARGV[4])
if order == 0 then order = now_us end
redis.call('ZADD', KEYS[4], string.format('%.0f', tonumber(ARGV[3]) + order), ARGV[2])
redis.call('HSET', KEYS[5], ARGV[2], ARGV[5])
redis.call('HSETNX', KEYS[3], 'fence', '0')
if ARGV[8] ~= '0' then
  redis.call('ZADD', KEYS[6], string.format('%.0f', order), ARGV[1])
  redis.call('ZREMRANGEBYRANK', KEYS[6], 0, -201)
  redis.call('PEXPIRE', KEYS[6], ARGV[8])
end
local lease = tonumber(redis.call('HGET', KEYS[3], 'lease') or '0')
if lease <= now_ms then
  redis.call('ZADD', KEYS[1], 'LT', now_ms, ARGV[1])
  redis.call('LPUSH', KEYS[2], ARGV[1])
  redis.call('LTRIM', KEYS[2], 0, 999)
end
return 'stored'
