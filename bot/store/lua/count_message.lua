-- Count a message on its person's day, unless the day is used up.
-- KEYS: the day, the day before.  ARGV: event_id messages_limit tokens_limit ttl_ms; a limit of 0 is none.
-- Returns {why, first}: why is 'admitted', 'messages' or 'tokens'; first is 1 for the event that is told so first.
local event = 'm:' .. ARGV[1]
for day = 1, 2 do
  if redis.call('HEXISTS', KEYS[day], event) == 1 then return {'admitted', 0} end
end
local function used_up(what, limit)
  return tonumber(limit) > 0 and tonumber(redis.call('HGET', KEYS[1], what) or '0') >= tonumber(limit)
end
local why = used_up('messages', ARGV[2]) and 'messages' or used_up('tokens', ARGV[3]) and 'tokens'
if why then
  redis.call('HSETNX', KEYS[1], 'told', ARGV[1])
  return {why, redis.call('HGET', KEYS[1], 'told') == ARGV[1] and 1 or 0}
end
redis.call('HSET', KEYS[1], event, '1')
redis.call('HINCRBY', KEYS[1], 'messages', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {'admitted', 0}
