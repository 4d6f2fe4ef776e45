-- The beginnings of everything sealed that a thread holds, which say with what key.
-- KEYS: session journal files, then strings. Returns them, as far as there are any.
local heads = {}
local function add(value)
  if value and value ~= '' then heads[#heads + 1] = string.sub(value, 1, 12) end
end
for _, item in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do add(item) end
for _, entry in ipairs(redis.call('HVALS', KEYS[2])) do add(entry) end
add(redis.call('HGET', KEYS[3], 'now'))
for i = 4, #KEYS do add(redis.call('GETRANGE', KEYS[i], 0, 11)) end
return heads
