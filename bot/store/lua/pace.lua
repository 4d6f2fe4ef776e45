-- Ask for the turn of one call of Slack's Web API, which all replicas count together.
-- KEYS: bucket line edited.  ARGV: rank who per_minute burst kept message interval_ms take kept_ms along
-- Rank 0 overtakes and only waits out what Slack asked for; 1 goes before 2. per_minute 0 is not counted.
-- `line` holds who of rank 0 and 1 waits ("rank:who" → the ms until which that holds): a replica that died lets go.
-- Returns {wait_ms, pause_ms, along}; the turn is taken where wait_ms is 0 and take is '1'. While nobody waits and half
-- of the burst is left over, as many more turns are taken `along` with it, which the replica need not ask for.
local GRACE, BEHIND = 1000, 250
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local rank, per_minute, burst = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
local message, interval, take, own = ARGV[6], tonumber(ARGV[7]), ARGV[8] == '1', ARGV[1] .. ':' .. ARGV[2]
local was = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'until', 'length')
local pause = math.max(0, tonumber(was[3] or '0') - now)
pause = math.min(pause, tonumber(was[4] or '0')) -- a clock that was set back makes none longer
local wait, tokens = pause, burst
if per_minute > 0 then
  local passed = math.max(0, now - tonumber(was[2] or '0'))
  tokens = math.min(burst, tonumber(was[1] or burst) + passed * per_minute / 60000)
  local short = math.ceil((tonumber(ARGV[5]) + 1 - tokens) * 60000 / per_minute)
  if rank > 0 then wait = math.max(wait, short) end
  if now < tonumber(was[2] or '0') then redis.call('HSET', KEYS[1], 'at', now) end -- counted on from a clock set back
end
local edited = tonumber(redis.call('ZSCORE', KEYS[3], message) or '0')
if rank > 0 then wait = math.max(wait, math.min(edited + interval - now, interval)) end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
for _, other in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  if tonumber(string.sub(other, 1, 1)) < rank then wait = math.max(wait, BEHIND) end
end
if wait > 0 and take and rank < 2 then
  redis.call('ZADD', KEYS[2], now + wait + GRACE, own)
  redis.call('PEXPIRE', KEYS[2], wait + 2 * GRACE)
end
if wait > 0 or not take then return {math.max(0, wait), pause, 0} end
redis.call('ZREM', KEYS[2], own)
local left = tokens - 1 - tonumber(ARGV[10])
local along = left >= burst / 2 and redis.call('ZCARD', KEYS[2]) == 0 and tonumber(ARGV[10]) or 0
if per_minute > 0 then
  redis.call('HSET', KEYS[1], 'tokens', tokens - 1 - along, 'at', now)
  redis.call('PEXPIRE', KEYS[1], ARGV[9])
end
if message ~= '' then
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - interval)
  redis.call('ZADD', KEYS[3], now, message)
  redis.call('PEXPIRE', KEYS[3], interval + GRACE)
end
return {0, pause, along}
