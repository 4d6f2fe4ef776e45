-- Say that a replica lives. KEYS: roster  ARGV: id announcement ttl_ms
-- Returns 1, or 0 where the roster does not know it any more: then it has to enroll again.
if redis.call('HEXISTS', KEYS[1], 'replica:' .. ARGV[1]) == 0 then return 0 end
local clock = redis.call('TIME')
local last = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000) + ARGV[3])
redis.call('HSET', KEYS[1], 'replica:' .. ARGV[1], last .. ' ' .. ARGV[2])
return 1
