-- Write what an event changed, under its fence.
-- KEYS: due row inbox timers events wake, then the keys that the writes name by number.
-- ARGV: thread fence owner mode event_id lease_ms retry_ms forgive n, then n writes, each as
--       argument count, command, key number, arguments. COUNT is no command of Redis: it gives an id the
--       next number of its sorted set, once, however often it is sent.
-- mode: 'keep' (checkpoint), 'done' (the event is handled), 'back' (hand back, due in retry_ms).
-- Returns {'lost'}, {'ok'}, or for 'done' with more to do {'next', event_id, payload, tries}.
local now = redis.call('TIME'); local now_ms = math.floor((now[1] * 1000000 + now[2]) / 1000)
local thread, mode, id, at = ARGV[1], ARGV[4], ARGV[5], 10
local row = redis.call('HMGET', KEYS[2], 'fence', 'owner', 'done')
if row[1] ~= ARGV[2] or row[2] ~= ARGV[3] then
-- A commit whose answer got lost is sent again: it has done its work already.
  if mode ~= 'keep' and row[3] == ARGV[2] .. ':' .. id then return {'ok'} end
  return {'lost'}
end
if mode == 'done' and not redis.call('ZSCORE', KEYS[3], id) then
  if row[3] ~= ARGV[2] .. ':' .. id then return {'lost'} end
else
  for _ = 1, tonumber(ARGV[9]) do
    local count, args = tonumber(ARGV[at]), {ARGV[at + 1], KEYS[6 + tonumber(ARGV[at + 2])]}
    for i = 3, count do args[i] = ARGV[at + i] end
    local last = args[1] == 'COUNT' and (redis.call('ZRANGE', args[2], -1, -1, 'WITHSCORES')[2] or 0)
    redis.call(unpack(last and {'ZADD', args[2], 'NX', last + 1, args[3]} or args))
    at = at + count + 1
  end
end
if mode == 'keep' then return {'ok'} end
if mode == 'done' then
  redis.call('ZREM', KEYS[3], id)
  redis.call('HDEL', KEYS[5], id); redis.call('HDEL', KEYS[2], 'tries:' .. id)
end
if mode == 'back' and ARGV[8] == '1' then redis.call('HSET', KEYS[2], 'tries:' .. id, 1) end
redis.call('HSET', KEYS[2], 'done', ARGV[2] .. ':' .. id)
local head = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
if mode == 'done' and head then
  local lease = now_ms + tonumber(ARGV[6])
  redis.call('HSET', KEYS[2], 'lease', lease)
  redis.call('ZADD', KEYS[1], lease, thread)
  local tries = redis.call('HINCRBY', KEYS[2], 'tries:' .. head, 1)
  return {'next', head, redis.call('HGET', KEYS[5], head) or '', tries}
end
redis.call('HDEL', KEYS[2], 'owner', 'lease')
local timer = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')[2]
local due = math.min(head and now_ms + tonumber(ARGV[7]) or math.huge, tonumber(timer or math.huge))
if due == math.huge then redis.call('ZREM', KEYS[1], thread)
else redis.call('ZADD', KEYS[1], due, thread) end
if due <= now_ms then redis.call('LPUSH', KEYS[6], thread) end
return {'ok'}
