"""What the host sees of a sandbox's processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Generator
from pathlib import Path


def marked(marker: str) -> list[int]:
    """The processes on this host whose command line has a marker as a word of its own."""
    found: list[int] = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and marker.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


@contextlib.contextmanager
def watched(marker: str) -> Generator[list[int]]:
    """Descriptors of the marked processes, which tell when these end."""
    fds = [os.pidfd_open(pid) for pid in marked(marker)]
    try:
        yield fds
    finally:
        for fd in fds:
            os.close(fd)


async def ended(fds: list[int], *, within: float = 10.0) -> None:
    """Wait until all watched processes have ended; raises `TimeoutError`."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(within):
        for fd in fds:
            is_over = asyncio.Event()
            loop.add_reader(fd, is_over.set)
            try:
                await is_over.wait()
            finally:
                loop.remove_reader(fd)
