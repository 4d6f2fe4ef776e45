-- Push a lease on. KEYS: due row inbox.  ARGV: thread fence owner lease_ms control_offset known
-- Returns 'lost', 'held', or 'interrupted' where an event of the interrupting lane waits;
-- 'reset_said' where that is one message and nothing else: the word to forget the thread, said once.
local now = redis.call('TIME')
local now_ms = math.floor((now[1] * 1000000 + now[2]) / 1000)
local row = redis.call('HMGET', KEYS[2], 'fence', 'owner', 'commits')
if row[1] ~= ARGV[2] or row[2] ~= ARGV[3] then return 'lost' end
if tonumber(row[3] or '0') < tonumber(ARGV[6]) then return 'lost' end -- as in `commit.lua`
local lease = now_ms + tonumber(ARGV[4])
redis.call('HSET', KEYS[2], 'lease', lease)
redis.call('ZADD', KEYS[1], lease, ARGV[1])
local waiting = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(' .. ARGV[5], 'LIMIT', 0, 2)
if #waiting == 1 and string.sub(waiting[1], 1, 4) == 'msg:' then return 'reset_said' end
if #waiting > 0 then return 'interrupted' end
return 'held'
