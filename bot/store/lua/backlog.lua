-- How much waits in a shard. KEYS: due pending approved questions. ARGV: how many bands there are, how many questions
-- are looked at, and the ages, in seconds, at which approvals are told apart, the youngest first.
-- Returns {now_ms, threads, the first one's rank or '', ... of each band, {counts by age, the first one's second or ''}
-- of those that are pending, the same of those approved, questions}. It takes no longer where more waits.
local SPAN = 1e13
local clock = redis.call('TIME')
local now = tonumber(clock[1])
local answer = {math.floor((now * 1000000 + clock[2]) / 1000)}
for band = 1, tonumber(ARGV[1]) do
  local low = (band - 1 - tonumber(ARGV[1])) * SPAN
  local below = '(' .. string.format('%.0f', low + SPAN)
  local first = redis.call('ZRANGEBYSCORE', KEYS[1], low, below, 'WITHSCORES', 'LIMIT', 0, 1)[2]
  answer[#answer + 1] = redis.call('ZCOUNT', KEYS[1], low, below)
  answer[#answer + 1] = first and string.format('%.1f', tonumber(first) - low) or ''
end
for i = 2, 3 do
  local counts, below = {}, '+inf'
  for j = 3, #ARGV do
    local since = now - tonumber(ARGV[j])
    counts[#counts + 1] = redis.call('ZCOUNT', KEYS[i], '(' .. since, below)
    below = since
  end
  counts[#counts + 1] = redis.call('ZCOUNT', KEYS[i], '-inf', below)
  counts[#counts + 1] = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')[2] or ''
  answer[#answer + 1] = counts
end
local open = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[4], 0, ARGV[2] - 1)) do
  if redis.call('ZSCORE', KEYS[2], id) then
    open = open + 1
  else
    redis.call('ZREM', KEYS[4], id) -- a release before this one has closed it
  end
end
answer[#answer + 1] = open
return answer
