-- Write pages of a tool's earlier calls, all of them or none: only if each still is what was read.
-- KEYS: the pages.  ARGV: for each of them what was read ('' for nothing), what is written, ttl_ms.
-- Returns the run_id of the Redis that has noted it, or '' where one has changed: then nothing is written.
for at, key in ipairs(KEYS) do
  if (redis.call('GET', key) or '') ~= ARGV[3 * at - 2] then return '' end
end
for at, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[3 * at - 1], 'PX', ARGV[3 * at])
end
return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
