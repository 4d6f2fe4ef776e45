-- Write what an event changed, under its fence.
-- KEYS: those of `thread.lua`, then the keys that the writes name by number.
-- ARGV: thread lane_offset fence owner mode event_id retry_ms forgive n, then n writes, each as
--       argument count, command, key number, arguments. COUNT is no command of Redis: it gives an id the
--       next number of its sorted set, once, however often it is sent.
-- mode: 'keep' (checkpoint), 'done' (the event is handled), 'back' (hand back, due in retry_ms),
--       'run' (hand back, for a slot that runs agents). Returns 'ok' or 'lost'.
local mode, id, row = ARGV[5], ARGV[6], redis.call('HMGET', KEYS[2], 'fence', 'owner', 'done')
if row[1] ~= ARGV[3] or row[2] ~= ARGV[4] then
  -- A commit whose answer got lost is sent again: it has done its work already.
  if mode ~= 'keep' and row[3] == ARGV[3] .. ':' .. id then return 'ok' end
  return 'lost'
end
local at = 10
for _ = 1, tonumber(ARGV[9]) do
  local count, args = tonumber(ARGV[at]), {ARGV[at + 1], KEYS[10 + tonumber(ARGV[at + 2])]}
  for i = 3, count do args[i] = ARGV[at + i] end
  local last = args[1] == 'COUNT' and (redis.call('ZRANGE', args[2], -1, -1, 'WITHSCORES')[2] or 0)
  redis.call(unpack(last and {'ZADD', args[2], 'NX', last + 1, args[3]} or args))
  at = at + count + 1
end
if mode == 'keep' then return 'ok' end
if mode == 'done' then
  redis.call('ZREM', KEYS[3], id)
  redis.call('HDEL', KEYS[9], id)
  redis.call('HDEL', KEYS[2], 'tries:' .. id, 'runs')
end
if mode == 'run' then redis.call('HSET', KEYS[2], 'runs', id) end
if ARGV[8] == '1' then redis.call('HSET', KEYS[2], 'tries:' .. id, 1) end
redis.call('HSET', KEYS[2], 'done', ARGV[3] .. ':' .. id)
redis.call('HDEL', KEYS[2], 'owner', 'lease')
-- One event, then the next thread: what waits behind it in this one gets in line again. From its third
-- message in a row on, a thread goes behind all others: each has an answer before any has its third.
local pause = tonumber(ARGV[7])
if pause == 0 then ring() end
local band = band_of_head()
local answers = mode == 'done' and band == MESSAGE and redis.call('HINCRBY', KEYS[2], 'answers', 1) or 0
if not band then
  redis.call('HDEL', KEYS[2], 'answers')
  rest()
elseif pause > 0 then rest(now_ms + pause)
else line_up(band, asker(), answers > 1) end
return 'ok'
