-- Push a lease on. KEYS: due row inbox.  ARGV: thread fence owner lease_ms control_offset
-- Returns 'lost', 'held', or 'interrupted' where an event of the interrupting lane waits.
local now = redis.call('TIME')
local now_ms = math.floor((now[1] * 1000000 + now[2]) / 1000)
local row = redis.call('HMGET', KEYS[2], 'fence', 'owner')
if row[1] ~= ARGV[2] or row[2] ~= ARGV[3] then return 'lost' end
local lease = now_ms + tonumber(ARGV[4])
redis.call('HSET', KEYS[2], 'lease', lease)
redis.call('ZADD', KEYS[1], lease, ARGV[1])
if redis.call('ZCOUNT', KEYS[3], '-inf', '(' .. ARGV[5]) > 0 then return 'interrupted' end
return 'held'
