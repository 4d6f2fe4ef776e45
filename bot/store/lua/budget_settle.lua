-- Put what a request did cost in the place of what was held for it: once, however often it is sent, and however late.
-- KEYS: held, settled, then the budgets.  ARGV: id cost known_ms kept_ms.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('ZADD', KEYS[2], 'NX', now, ARGV[1]) == 0 then return {} end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
redis.call('HDEL', KEYS[1], ARGV[1])
for i = 3, #KEYS do
  redis.pcall('HINCRBY', KEYS[i], 'spent', ARGV[2])
  redis.call('PEXPIRE', KEYS[i], ARGV[4])
end
return {}
