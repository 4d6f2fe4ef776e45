-- Take entries that are chained out of their shard's outbox. KEYS: outbox
-- ARGV: the run_id of the Redis that has chained them, then their ids.
-- Does nothing in another Redis: one that took over may have forgotten that, and what is taken out here would be lost.
if string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') ~= ARGV[1] then return 0 end
return redis.call('HDEL', KEYS[1], unpack(ARGV, 2))
