-- Hold the calls of one bucket back in all replicas, as Slack asked; a shorter time cuts no longer one short.
-- KEYS: bucket.  ARGV: length_ms kept_ms
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local was = redis.call('HMGET', KEYS[1], 'until', 'length')
local left = math.min(tonumber(was[1] or '0') - now, tonumber(was[2] or '0'))
if left < tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'until', now + ARGV[1], 'length', ARGV[1])
end
local kept = math.max(tonumber(ARGV[1]) + tonumber(ARGV[2]), redis.call('PTTL', KEYS[1]))
redis.call('PEXPIRE', KEYS[1], kept)
return 1
