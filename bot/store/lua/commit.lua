-- Write what an event changed, under its fence.
-- KEYS: those of `thread.lua`, then the keys that the writes name by number.
-- ARGV: thread lane_offset fence owner mode event_id retry_ms forgive known only_in n, then n writes
-- (`write.lua`).
-- mode: 'keep' (checkpoint), 'alone' (the same, unless a message comes right behind the event: 'behind' then, and nothing
--       is written), 'done' (the event is handled), 'back' (hand back, due in retry_ms),
--       'run' (hand back, for a slot that runs agents), 'told' (hand back to its place: it was only said that it
--       takes long). Returns how many commits there were under this
--       fence, or 'lost'. `known` is how many its owner was told of: a Redis that counts fewer went back
--       in time, and what the owner goes on from is not there any more. `only_in` is the run_id of the Redis
--       that noted elsewhere what these writes rest on, '' where they rest on nothing: another one may not know of it.
local mode, id, row = ARGV[5], ARGV[6], redis.call('HMGET', KEYS[2], 'fence', 'owner', 'done')
local keeps = mode == 'keep' or mode == 'alone'
if row[1] ~= ARGV[3] or row[2] ~= ARGV[4] then
  -- A commit whose answer got lost is sent again: it has done its work already.
  if not keeps and row[3] == ARGV[3] .. ':' .. id then return ARGV[9] end
  return 'lost'
end
if tonumber(redis.call('HGET', KEYS[2], 'commits') or '0') < tonumber(ARGV[9]) then return 'lost' end
if ARGV[10] ~= '' and string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') ~= ARGV[10] then return 'lost' end
if mode == 'alone' then
  local next = redis.call('ZRANGE', KEYS[3], 0, 1, 'WITHSCORES')
  local score = next[1] == id and next[4] or next[1] ~= id and next[2]
  if score and tonumber(score) >= 2 * tonumber(ARGV[2]) then return 'behind' end
end
local commits = tostring(redis.call('HINCRBY', KEYS[2], 'commits', 1))
write(12, tonumber(ARGV[11]), 10)
if keeps then return commits end
if mode == 'done' then
  redis.call('ZREM', KEYS[3], id)
  redis.call('HDEL', KEYS[9], id)
  redis.call('HDEL', KEYS[2], 'tries:' .. id, 'runs')
end
if mode == 'run' then redis.call('HSET', KEYS[2], 'runs', id) end
if ARGV[8] == '1' then redis.call('HSET', KEYS[2], 'tries:' .. id, 1) end
redis.call('HSET', KEYS[2], 'done', ARGV[3] .. ':' .. id)
redis.call('HDEL', KEYS[2], 'owner', 'lease', 'commits')
-- One event, then the next thread: what waits behind it in this one gets in line again. From its third
-- message in a row on, a thread goes behind all others: each has an answer before any has its third.
local pause = tonumber(ARGV[7])
if pause == 0 then ring() end
local band = band_of_head()
local answers = mode == 'done' and band == MESSAGE and redis.call('HINCRBY', KEYS[2], 'answers', 1) or 0
if not band then
  redis.call('HDEL', KEYS[2], 'answers', 'told', 'told_ts')
  rest()
elseif mode == 'told' then line_up_again(band, asker())
elseif pause > 0 then rest(now_ms + pause)
else line_up(band, asker(), answers) end
return commits
