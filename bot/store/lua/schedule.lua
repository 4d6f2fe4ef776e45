-- Put an event into a thread's timers, or move it. KEYS: those of `thread.lua`
-- ARGV: thread lane_offset event_id at_ms payload
redis.call('HSETNX', KEYS[2], 'fence', '0')
redis.call('ZADD', KEYS[8], ARGV[4], ARGV[3])
redis.call('HSET', KEYS[9], ARGV[3], ARGV[5])
-- A leased thread's score in `due` is its lease; the owner's commit looks at the timers.
if tonumber(redis.call('HGET', KEYS[2], 'lease') or '0') <= now_ms then
  redis.call('ZADD', KEYS[1], 'LT', ARGV[4], ARGV[1])
  redis.call('ZADD', KEYS[10], 'LT', ARGV[4], ARGV[1])
  redis.call('LPUSH', KEYS[7], ARGV[1])
  redis.call('LTRIM', KEYS[7], 0, 999)
end
return 'ok'
