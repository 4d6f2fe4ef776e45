"""How much of an append-only file had to be on the disk: read from what strace saw of Redis. Pure."""

from __future__ import annotations

import re
from typing import Final

#: One call as `strace -f -y` writes it; one that another thread interrupts is written in two halves.
WRITE: Final = re.compile(r"^\d+ +write\(\d+<[^>]*\.incr\.aof>.*= (\d+)$")
BEGINS: Final = re.compile(r"^(\d+) +f(?:data)?sync\(\d+<[^>]*\.incr\.aof>")
#: The file that is written; Redis goes on in another one when it writes the whole anew.
FILE: Final = re.compile(r"^\d+ +write\(\d+<([^>]*\.incr\.aof)>")
ENDS: Final = re.compile(r"^(\d+) +(?:f(?:data)?sync\(.*\)|<\.\.\. f(?:data)?sync resumed>\)) += 0$")
LATER: Final = re.compile(r"^\d+ +<\.\.\. write resumed>.*= (\d+)$")
BEGUN: Final = re.compile(r"^(\d+) +write\(\d+<[^>]*\.incr\.aof>.*<unfinished \.\.\.>$")


def synced(trace: str, begins: int) -> int:
    """The bytes that were written into the last file when the last fsync of it began that came to its end.

    `begins` is how long the file was when the trace began.
    """
    lines, goes_on = of_last_file(trace.splitlines())
    written = kept = 0 if goes_on else begins
    #: By thread: how much was written when the fsync began that is under way; whose write is.
    under_way: dict[str, int] = {}
    writing: set[str] = set()
    for line in lines:
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


def of_last_file(lines: list[str]) -> tuple[list[str], bool]:
    """What was done to the file that was written last, and whether Redis wrote another one before it."""
    files = [one[1] for line in lines if (one := FILE.match(line))]
    former = {file for file in files if file != files[-1]}
    return [line for line in lines if not any(f"<{file}>" in line for file in former)], bool(former)
