"""What the system leaves this process: open files, memory, threads. Read anew each time; costs some microseconds.

Linux says all of it. Elsewhere what cannot be read counts as not limited.
"""

from __future__ import annotations

import contextlib
import os
import resource
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.domain.resources import Left, too_little

#: Of a control group: its limit, what is used, and by which name the part of it is told that can be had back
#: at once. In version 2 and 1: https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
#: and https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
GROUPS: Final = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
#: Threads that libraries start beside those of the event loop's own: the receiver, name look-ups, the SDK's.
OTHER_THREADS: Final = 6


def shortcomings(*, runs: int, clicks: int) -> list[str]:
    """Say what the system leaves too little of for a replica with so many slots that is not loaded yet."""
    threads = threads_needed()
    return [*too_little(ResourceLimits().left(threads=threads), runs=runs, clicks=clicks, threads=threads)]


def threads_needed() -> int:
    """How many threads a replica comes to: https://docs.python.org/3/library/concurrent.futures.html for most."""
    return min(32, (os.cpu_count() or 1) + 4) + OTHER_THREADS


class ResourceLimits:
    """Reads them below `proc` and `groups`, where Linux has them."""

    def __init__(self, proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> None:
        self._proc = proc
        self._groups = groups

    def left(self, *, threads: int = 1) -> Left:
        """What is left now. `threads`: so many at once are started, and end, to see whether that can be."""
        limit = _soft(resource.RLIMIT_NOFILE)
        return Left(
            files=None if limit is None else limit - self._open_files(limit),
            file_limit=limit,
            memory=min([*self._of_machine(), *self._of_groups()], default=None),
            addresses=min(self._addresses(), default=None),
            threads=can_start(threads),
        )

    def _open_files(self, limit: int) -> int:
        for folder in (self._proc / "self/fd", Path("/dev/fd")):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                try:
                    return len(os.listdir(folder)) - 1  # looking takes one itself
                except OSError:
                    return limit
        return 0

    def _of_machine(self) -> Iterator[int]:
        for line in _lines(self._proc / "meminfo"):
            if line.startswith("MemAvailable:"):
                yield int(line.split()[1]) * 1024

    def _of_groups(self) -> Iterator[int]:
        """What each group that this process is in, or that holds one of these, has left."""
        for line in _lines(self._proc / "self/cgroup"):
            _, controllers, path = line.strip().split(":", 2)
            if controllers not in {"", "memory"}:
                continue
            top = self._groups / controllers
            # Where a container sees itself as the top, its path outside leads nowhere; the top is read all the same.
            inner = top / path.lstrip("/")
            for group in (inner, *inner.parents):
                if group.is_relative_to(top):
                    yield from _of_group(group)

    def _addresses(self) -> Iterator[int]:
        used = [
            int(size) * resource.getpagesize()
            for line in _lines(self._proc / "self/statm")
            for size in line.split()
        ]
        if used:
            # Of all addresses, and of those for data: https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
            for which, size in ((resource.RLIMIT_AS, used[0]), (resource.RLIMIT_DATA, used[5])):
                if (limit := _soft(which)) is not None:
                    yield limit - size


def can_start(count: int) -> bool:
    """Whether so many threads more can be there at once."""
    end, started = threading.Event(), list[threading.Thread]()
    try:
        for _ in range(count):
            thread = threading.Thread(target=end.wait, name="probe", daemon=True)
            thread.start()
            started.append(thread)
    except (RuntimeError, MemoryError):
        return False
    finally:
        end.set()
        for thread in started:
            thread.join()
    return True


def _of_group(group: Path) -> Iterator[int]:
    for limit, used, spare in GROUPS:
        most, taken = _lines(group / limit), _lines(group / used)
        if not most or not taken or not most[0].strip().isdecimal():
            continue  # no such group, or no limit ("max")
        back = [int(line.split()[1]) for line in _lines(group / "memory.stat") if line.split()[0] == spare]
        yield int(most[0]) - int(taken[0]) + sum(back)


def _soft(which: int) -> int | None:
    soft, _ = resource.getrlimit(which)
    return None if soft == resource.RLIM_INFINITY else soft


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").splitlines()
    except OSError:
        return []
