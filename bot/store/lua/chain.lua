-- Put links behind the head of an audit chain. KEYS: log head ids
-- ARGV: the head as it was read, the new head, how many ids to keep, the number of the first link,
-- the run_id of the Redis from which all was read, then id and link for each.
-- Returns 1, or 0 where somebody else was faster or Redis is another one: then nothing is written. One that took over
-- may not know what the entries are about, and nobody would ever close what they open.
if string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') ~= ARGV[5] then return 0 end
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then return 0 end
for i = 6, #ARGV, 2 do
  redis.call('ZADD', KEYS[3], ARGV[4] + (i - 6) / 2, ARGV[i])
  redis.call('RPUSH', KEYS[1], ARGV[i + 1])
end
redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -ARGV[3] - 1)
redis.call('SET', KEYS[2], ARGV[2])
return 1
