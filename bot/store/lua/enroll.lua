-- Write a replica into the roster, unless that has changed since it was read. Who was silent for too
-- long is dropped. KEYS: roster  ARGV: version as read, shared, id ('' for none), announcement, ttl_ms
-- Returns 1, or 0 where somebody else was faster: then nothing is written.
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return 0 end
local clock = redis.call('TIME')
local now_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
local rows = redis.call('HGETALL', KEYS[1])
for i = 1, #rows, 2 do
  local last = string.match(rows[i], '^replica:') and tonumber(string.match(rows[i + 1], '^%d+'))
  if last and last <= now_ms then redis.call('HDEL', KEYS[1], rows[i]) end
end
if ARGV[3] ~= '' then
  local last = string.format('%.0f', now_ms + ARGV[5])
  redis.call('HSET', KEYS[1], 'replica:' .. ARGV[3], last .. ' ' .. ARGV[4])
end
redis.call('HSET', KEYS[1], 'shared', ARGV[2])
redis.call('HINCRBY', KEYS[1], 'version', 1)
return 1
