-- What `commit.lua` and `use.lua` share: run writes, each in ARGV as argument count, command, key number, arguments.
-- Three are no commands of Redis. COUNT gives an id the next number of its sorted set, once, however often it is
-- sent. USE adds to the line of a name in a hash, if the id of the COUNT before it was new; its arguments are the
-- name, the milliseconds for which the hash is kept, the most fields it may have (a name beyond is added to the
-- line without a name), then pairs of a figure's name and a whole number. What cannot be added is left out: no
-- commit fails for it. LEAVE takes events out of their thread's inbox that nobody has ever claimed; one that somebody
-- has, above all the one that is handled, goes with its own commit.
local function use(key, name, kept_ms, most, ...)
  local figures = {...}
  if redis.call('HEXISTS', key, 'requests:' .. name) == 0 and redis.call('HLEN', key) >= tonumber(most) then
    name = ''
  end
  for i = 1, #figures, 2 do
    if figures[i + 1] ~= '0' then redis.pcall('HINCRBY', key, figures[i] .. ':' .. name, figures[i + 1]) end
  end
  redis.call('PEXPIRE', key, kept_ms)
end
local function write(at, writes, keys_before)
  local is_new = false
  for _ = 1, writes do
    local count, args = tonumber(ARGV[at]), {ARGV[at + 1], KEYS[keys_before + tonumber(ARGV[at + 2])]}
    for i = 3, count do args[i] = ARGV[at + i] end
    if args[1] == 'COUNT' then
      local last = redis.call('ZRANGE', args[2], -1, -1, 'WITHSCORES')[2] or 0
      is_new = redis.call(unpack({'ZADD', args[2], 'NX', last + 1, args[3]})) == 1
    elseif args[1] == 'LEAVE' then
      for i = 3, #args do
        if redis.call('HEXISTS', KEYS[2], 'tries:' .. args[i]) == 0 then redis.call('ZREM', args[2], args[i]) end
      end
    elseif args[1] ~= 'USE' then
      redis.call(unpack(args))
    elseif is_new then
      use(unpack(args, 2))
    end
    at = at + count + 1
  end
end
