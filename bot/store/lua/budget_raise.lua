-- Let budgets reach as far as people agreed to, never less far than before.
-- KEYS: the budgets.  ARGV: kept_ms, then the new limit of each.
for i, key in ipairs(KEYS) do
  if tonumber(ARGV[i + 1]) > tonumber(redis.call('HGET', key, 'raised') or '0') then
    redis.call('HSET', key, 'raised', ARGV[i + 1])
    redis.call('PEXPIRE', key, ARGV[1])
  end
end
return {}
