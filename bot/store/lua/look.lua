-- Who goes first in a shard. KEYS: due askers alarms.
-- ARGV: how many bands there are, how many threads to find in each, how many of one channel, whether only first
-- words may be begun (1 or 0), and the people whose messages may not be.
-- Returns {now_ms, the next moment at which something is due or '', {threads whose time has come},
-- {thread, score, asker, ...}, 1 where others are in line}: of each band the first thread of each asker, and few of one
-- channel.
local SPAN, STEP, DEEPEST = 1e13, 100, 1000
local clock = redis.call('TIME')
local now_ms = math.floor((clock[1] * 1000000 + clock[2]) / 1000)
local ripe = redis.call('ZRANGEBYSCORE', KEYS[1], 0, now_ms, 'LIMIT', 0, STEP)
for _, thread in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now_ms, 'LIMIT', 0, STEP)) do
  ripe[#ripe + 1] = thread
end
local following = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now_ms, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2] or ''
local found, kept_from, others = {}, {}, 0
for i = 5, #ARGV do kept_from[ARGV[i]] = true end
local function is_kept_back(band, score, person)
  return band == tonumber(ARGV[1]) and (kept_from[person] or ARGV[4] == '1' and tonumber(score) % 1 > 0)
end
for band = 1, tonumber(ARGV[1]) do
  local from, count, persons, channels, rows = 0, 0, {}, {}, nil
  repeat
    local low = (band - 1 - tonumber(ARGV[1])) * SPAN
    rows = redis.call('ZRANGEBYSCORE', KEYS[1], low, '(' .. low + SPAN, 'WITHSCORES', 'LIMIT', from, STEP)
    for i = 1, #rows, 2 do
      local person = redis.call('HGET', KEYS[2], rows[i]) or ''
      local channel = string.match(rows[i], '^[^/]*/[^/]*')
      local known = channels[channel] or 0
      local may = not persons[person] and not is_kept_back(band, rows[i + 1], person)
      if may and count < tonumber(ARGV[2]) and known < tonumber(ARGV[3]) then
        count, channels[channel], persons[person] = count + 1, known + 1, person ~= ''
        for _, value in ipairs({rows[i], rows[i + 1], person}) do found[#found + 1] = value end
      else
        others = 1
      end
    end
    from = from + STEP
    if #rows == 2 * STEP then others = 1 end
  until #rows < 2 * STEP or count >= tonumber(ARGV[2]) or from >= DEEPEST
end
return {now_ms, following, ripe, found, others}
