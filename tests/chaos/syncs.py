"""How much of an append-only file had to be on the disk: read from what strace saw of Redis. Pure."""

from __future__ import annotations

import re
from typing import Final

#: One call as `strace -f -y` writes it; one that another thread interrupts is written in two halves.
WRITE: Final = re.compile(r"^\d+ +write\(\d+<[^>]*\.incr\.aof>.*= (\d+)$")
BEGINS: Final = re.compile(r"^(\d+) +f(?:data)?sync\(\d+<[^>]*\.incr\.aof>")
ENDS: Final = re.compile(r"^(\d+) +(?:f(?:data)?sync\(.*\)|<\.\.\. f(?:data)?sync resumed>\)) += 0$")
LATER: Final = re.compile(r"^\d+ +<\.\.\. write resumed>.*= (\d+)$")
BEGUN: Final = re.compile(r"^(\d+) +write\(\d+<[^>]*\.incr\.aof>.*<unfinished \.\.\.>$")


def synced(trace: str, begins: int) -> int:
    """The bytes that were written when the last fsync began that came to its end.

    `begins` is how long the file was when the trace began.
    """
    written = kept = begins
    #: By thread: how much was written when the fsync began that is under way; whose write is.
    under_way: dict[str, int] = {}
    writing: set[str] = set()
    for line in trace.splitlines():
        thread = line.split(" ", 1)[0]
        if one := WRITE.match(line):
            written += int(one[1])
        elif BEGUN.match(line):
            writing.add(thread)
        elif (one := LATER.match(line)) and thread in writing:
            writing.discard(thread)
            written += int(one[1])
        if BEGINS.match(line):
            under_way[thread] = written
        if ENDS.match(line) and thread in under_way:
            kept = max(kept, under_way.pop(thread))
    return kept
