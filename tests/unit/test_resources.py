"""What a replica needs of its machine, and when too little of it is left."""

from __future__ import annotations

import errno
from dataclasses import replace

import pytest

from bot.domain.attachment import MEGABYTE
from bot.domain.resources import (
    SPARE_FILES,
    SPARE_MEMORY,
    Left,
    is_out_of_memory,
    is_shortage,
    starved,
    too_little,
)

PLENTY = Left(files=1000, file_limit=1024, memory=4000 * MEGABYTE, addresses=4000 * MEGABYTE)


def problems(left: Left, *, runs: int = 8, clicks: int = 4) -> list[str]:
    return [*too_little(left, runs=runs, clicks=clicks, threads=10)]


def test_what_nothing_limits_suffices() -> None:
    assert problems(Left(), runs=200, clicks=100) == []
    assert [*starved(Left())] == []


def test_a_limit_of_open_files_is_held_against_the_slots_and_both_are_named() -> None:
    (said,) = problems(replace(PLENTY, file_limit=64))

    assert said == (
        "`ulimit -n` allows 64 open files, and 8 runs and 4 clicks at a time (WORKER_CONCURRENCY, "
        "CONTROL_CONCURRENCY) may need 128: raise it, or lower these."
    )
    assert problems(replace(PLENTY, file_limit=128)) == []
    assert problems(replace(PLENTY, file_limit=127)) != []
    assert problems(replace(PLENTY, file_limit=128), clicks=5) != []
    assert problems(replace(PLENTY, file_limit=80), runs=1, clicks=1) == []


@pytest.mark.parametrize(
    ("left", "named"),
    [
        (replace(PLENTY, memory=223 * MEGABYTE), "223 MB of memory are left"),
        (replace(PLENTY, addresses=943 * MEGABYTE), "`ulimit -v` (or -d) leaves 943 MB"),
        (replace(PLENTY, threads=False), "10 threads cannot be started: raise `ulimit -u`"),
    ],
)
def test_a_start_that_memory_or_threads_do_not_suffice_for_names_the_limit(left: Left, named: str) -> None:
    (said,) = problems(left)

    assert said.startswith(named)


def test_what_just_suffices_for_a_start_is_let_through() -> None:
    assert problems(replace(PLENTY, memory=224 * MEGABYTE, addresses=944 * MEGABYTE)) == []


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (replace(PLENTY, files=SPARE_FILES - 1), "Only 15 more files can be opened (`ulimit -n` is 1024)"),
        (replace(PLENTY, files=-3), "Only -3 more files can be opened (`ulimit -n` is 1024)"),
        (replace(PLENTY, memory=SPARE_MEMORY - 1), "Only 63 MB of memory are left"),
        (replace(PLENTY, addresses=0), "Only 0 MB of memory are left (`ulimit -v` or -d)"),
        (
            replace(PLENTY, threads=False),
            "No more threads can be started (`ulimit -u`, or the container's limit of processes)",
        ),
    ],
)
def test_a_replica_is_starved_of_what_it_has_too_little_of(left: Left, said: str) -> None:
    assert [*starved(left)] == [said]


def test_what_is_spared_is_enough() -> None:
    assert [*starved(Left(SPARE_FILES, 1024, SPARE_MEMORY, SPARE_MEMORY))] == []


def raised(error: BaseException, behind: BaseException) -> BaseException:
    """An error that was raised from another one."""
    error.__cause__ = behind
    return error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EMFILE, "Too many open files"),
        OSError(errno.ENFILE, "Too many open files in system"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        MemoryError(),
        RuntimeError("can't start new thread"),
        raised(ValueError(), raised(TimeoutError(), OSError(errno.EMFILE, "Too many open files"))),
        ExceptionGroup("all", [ValueError(), OSError(errno.EMFILE, "Too many open files")]),
    ],
)
def test_a_want_is_told_from_its_error_however_deep_it_is(error: BaseException) -> None:
    assert is_shortage(error)


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ECONNREFUSED, "refused"), RuntimeError("no"), TimeoutError(), OSError(errno.ENOSPC, "")],
)
def test_another_failure_is_no_want(error: BaseException) -> None:
    assert not is_shortage(error)


def test_only_memory_can_be_the_fault_of_an_event() -> None:
    assert is_out_of_memory(raised(ValueError(), MemoryError()))
    assert not is_out_of_memory(OSError(errno.EMFILE, "Too many open files"))
