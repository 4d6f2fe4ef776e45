"""What a sandbox uses: memory, files, and how long they are."""

from __future__ import annotations

import contextlib
import os
import resource
import stat


def lengths(root: str, most: int) -> int:
    """The lengths of all files below a folder, until they are more than `most`. Mounts are not looked into."""
    total, folders = 0, [root]
    device = os.stat(root).st_dev
    while folders and total <= most:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(found.st_mode):
                        total += found.st_size
                    elif stat.S_ISDIR(found.st_mode) and found.st_dev == device:
                        folders.append(entry.path)
    return total


def files(path: str) -> int:
    """How many files a file system holds."""
    usage = os.statvfs(path)
    return usage.f_files - usage.f_ffree


def resident(pid: str) -> int:
    """Memory of a process, in bytes; 0 for one that is gone."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def share(pid: str) -> int:
    """Memory of a process in bytes, what it shares divided by the number of those who share it."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(b"Pss:"))
    except (OSError, StopIteration):
        return resident(pid)
