-- Write down what requests used whose thread is somebody else's by now: each once, as in a commit.
-- KEYS: those that the writes name by number.  ARGV: n, then n writes (`write.lua`).
write(2, tonumber(ARGV[1]), 0)
return 1
