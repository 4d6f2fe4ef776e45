-- Put a value sealed anew in the place of the one that it was made from, unless that has changed or its thread is worked on.
-- KEYS: the value's key; then, where it is a thread's, the thread's row.
-- ARGV: string, hash or list; field or index; SHA-1 of what was read; what is written.
-- Returns 'done', 'changed' or 'busy'.
local kind, at, read = ARGV[1], ARGV[2], nil
if KEYS[2] then
  local clock = redis.call('TIME')
  local now_ms = math.floor((clock[1] * 1000000 + clock[2]) / 1000)
  if tonumber(redis.call('HGET', KEYS[2], 'lease') or '0') > now_ms then return 'busy' end
end
if redis.call('TYPE', KEYS[1]).ok ~= kind then return 'changed' end
if kind == 'string' then read = redis.call('GET', KEYS[1])
elseif kind == 'hash' then read = redis.call('HGET', KEYS[1], at)
else read = redis.call('LINDEX', KEYS[1], at) end
if not read or redis.sha1hex(read) ~= ARGV[3] then return 'changed' end
if kind == 'string' then redis.call('SET', KEYS[1], ARGV[4], 'KEEPTTL')
elseif kind == 'hash' then redis.call('HSET', KEYS[1], at, ARGV[4])
else redis.call('LSET', KEYS[1], at, ARGV[4]) end
return 'done'
