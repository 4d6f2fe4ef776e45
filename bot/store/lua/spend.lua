-- Count the tokens of a run on its person's day: of a run that goes on, what came on top.
-- KEYS: the day, the day before.  ARGV: run tokens ttl_ms, where tokens are all that the run has used.
local run, tokens, before = 't:' .. ARGV[1], tonumber(ARGV[2]), 0
for day = 1, 2 do before = math.max(before, tonumber(redis.call('HGET', KEYS[day], run) or '0')) end
if tokens <= before then return 0 end
redis.call('HSET', KEYS[1], run, tokens)
redis.call('HINCRBY', KEYS[1], 'tokens', tokens - before)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return tokens - before
