-- Put an event into a thread's timers, or move it. KEYS: due wake row timers events
-- ARGV: thread event_id at_ms payload
local now = redis.call('TIME')
local now_ms = math.floor((now[1] * 1000000 + now[2]) / 1000)
redis.call('HSETNX', KEYS[3], 'fence', '0')
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[2])
redis.call('HSET', KEYS[5], ARGV[2], ARGV[4])
-- A leased thread's place in `due` is its lease; the owner's commit looks at the timers.
if tonumber(redis.call('HGET', KEYS[3], 'lease') or '0') <= now_ms then
  redis.call('ZADD', KEYS[1], 'LT', ARGV[3], ARGV[1])
  redis.call('LPUSH', KEYS[2], ARGV[1])
  redis.call('LTRIM', KEYS[2], 0, 999)
end
return 'ok'
