"""What a process may still take of its machine, and how much of that a replica needs. Pure."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.domain.attachment import MEGABYTE

#: Files that a replica has open with nothing to do (measured: 20), and the connections through which it takes
#: events in when many come at once (`bot.store.client.CONNECTIONS`).
IDLE_FILES: Final = 24 + 32
#: Files that a run has open at most: to Redis, Slack, two models, billing and a sandbox; and a click, to the first two.
FILES_PER_RUN, FILES_PER_CLICK = 6, 2
#: Files that stay free for what is neither: health pages, a new socket, the log of another process.
SPARE_FILES: Final = 16

#: Memory that loading the agents takes (measured: 83 MB), and then the worst that all runs together take of
#: large files (measured: 90 MB, docs/performance.md); what each takes beside that.
LOADED, LARGE_FILES, PER_RUN = 96 * MEGABYTE, 96 * MEGABYTE, 4 * MEGABYTE
#: Below this nothing new is begun: a run may hold a file of 28 MB and its sealed copy.
SPARE_MEMORY: Final = 64 * MEGABYTE
#: Addresses that a thread of glibc's takes: its stack, and an arena of its own.
PER_THREAD: Final = (8 + 64) * MEGABYTE
#: How the system says that it gives this process, or all of them together, no more; and Python, of threads.
SHORT: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
NO_THREAD: Final = "can't start new thread"


@dataclass(frozen=True, slots=True)
class Left:
    """What is left; None where nothing limits it, or nobody says.

    `files` may still be opened, of `file_limit`. `memory` is what container and machine have, `addresses` what
    `ulimit -v` allows, both in bytes. `threads`: whether one more can be started.
    """

    files: int | None = None
    file_limit: int | None = None
    memory: int | None = None
    addresses: int | None = None
    threads: bool = True


def too_little(left: Left, *, runs: int, clicks: int, threads: int) -> Iterator[str]:
    """Say what does not suffice for a start with so many slots, and so many threads."""
    slots = f"{runs} runs and {clicks} clicks at a time (WORKER_CONCURRENCY, CONTROL_CONCURRENCY)"
    files = IDLE_FILES + SPARE_FILES + runs * FILES_PER_RUN + clicks * FILES_PER_CLICK
    if left.file_limit is not None and left.file_limit < files:
        yield (
            f"`ulimit -n` allows {left.file_limit} open files, and {slots} may need {files}: raise it, or lower these."
        )
    memory = LOADED + LARGE_FILES + runs * PER_RUN
    if left.memory is not None and left.memory < memory:
        yield f"{_megabytes(left.memory)} of memory are left, and {slots} may need {_megabytes(memory)}."
    addresses = memory + threads * PER_THREAD
    if left.addresses is not None and left.addresses < addresses:
        yield (
            f"`ulimit -v` (or -d) leaves {_megabytes(left.addresses)}, and {slots} may need "
            f"{_megabytes(addresses)}: raise it; limit the memory of the container instead."
        )
    elif not left.threads:
        yield f"{threads} threads cannot be started: raise `ulimit -u`, or the container's limit of processes."


def starved(left: Left) -> Iterator[str]:
    """Say of what so little is left that nothing new may be begun."""
    if left.files is not None and left.files < SPARE_FILES:
        yield f"Only {left.files} more files can be opened (`ulimit -n` is {left.file_limit})"
    if left.memory is not None and left.memory < SPARE_MEMORY:
        yield f"Only {_megabytes(left.memory)} of memory are left"
    if left.addresses is not None and left.addresses < SPARE_MEMORY:
        yield f"Only {_megabytes(left.addresses)} of memory are left (`ulimit -v` or -d)"
    if not left.threads:
        yield "No more threads can be started (`ulimit -u`, or the container's limit of processes)"


def is_shortage(error: BaseException) -> bool:
    """Whether an error, or one that it was raised from, says that the machine gives this process no more."""
    return any(
        isinstance(cause, MemoryError)
        or (isinstance(cause, OSError) and cause.errno in SHORT)
        or (isinstance(cause, RuntimeError) and str(cause) == NO_THREAD)
        for cause in causes(error)
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error, or one that it was raised from, is for want of memory: the event itself may take too much."""
    return any(isinstance(cause, MemoryError) for cause in causes(error))


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it was raised from, the parts of groups too."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        if (current := left.pop()) is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        left += [current.__context__, current.__cause__]
        if isinstance(current, BaseExceptionGroup):
            left += current.exceptions  # pyright: ignore[reportUnknownMemberType]


def _megabytes(count: int) -> str:
    return f"{max(count, 0) // MEGABYTE} MB"
