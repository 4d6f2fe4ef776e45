"""What the system leaves a process, read where Linux says it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.domain.attachment import MEGABYTE
from bot.telemetry.resource_limits import ResourceLimits, can_start

MEMINFO = "MemTotal:  8000000 kB\nMemFree:    100000 kB\nMemAvailable:  2000000 kB\n"


def machine(home: Path, groups: str, files: dict[str, str]) -> ResourceLimits:
    """A machine as its kernel would show it, with a process in these control groups."""
    proc, top = home / "proc", home / "cgroup"
    (proc / "self/fd").mkdir(parents=True)
    (proc / "meminfo").write_text(MEMINFO)
    (proc / "self/cgroup").write_text(groups)
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    return ResourceLimits(proc, top)


def test_a_machine_without_groups_leaves_what_it_calls_available(tmp_path: Path) -> None:
    assert machine(tmp_path, "0::/\n", {}).left().memory == 2_000_000 * 1024


@pytest.mark.parametrize(
    ("groups", "files"),
    [
        (
            "0::/a/b\n",
            {
                "a/b/memory.max": "max\n",
                "a/b/memory.current": "5\n",
                # The group around it is the narrow one.
                "a/memory.max": f"{300 * MEGABYTE}\n",
                "a/memory.current": f"{280 * MEGABYTE}\n",
                "a/memory.stat": f"anon 1\ninactive_file {30 * MEGABYTE}\n",
            },
        ),
        (  # in a container of its own namespace, whose path outside is no path here
            "0::/\n",
            {
                "memory.max": f"{300 * MEGABYTE}\n",
                "memory.current": f"{250 * MEGABYTE}\n",
                "memory.stat": "inactive_file 0\n",
            },
        ),
        (
            "5:cpu,cpuacct:/elsewhere\n4:memory:/docker/1717\n0::/\n",
            {
                "memory/memory.limit_in_bytes": f"{300 * MEGABYTE}\n",
                "memory/memory.usage_in_bytes": f"{280 * MEGABYTE}\n",
                "memory/memory.stat": f"inactive_file 7\ntotal_inactive_file {30 * MEGABYTE}\n",
            },
        ),
    ],
    ids=["around", "namespace", "version 1"],
)
def test_the_narrowest_control_group_counts_without_what_can_be_had_back(
    tmp_path: Path, groups: str, files: dict[str, str]
) -> None:
    assert machine(tmp_path, groups, files).left().memory == 50 * MEGABYTE


def test_open_files_are_counted() -> None:
    before = ResourceLimits().left().files
    with open(__file__, encoding="utf-8"), open(__file__, encoding="utf-8"):
        now = ResourceLimits().left().files
    assert before is not None
    assert now == before - 2


TOLD = "from bot.telemetry.resource_limits import ResourceLimits; left = ResourceLimits().left(threads=30); print(left.{})"


def told(what: str, ulimit: str = "-n 64") -> str:
    """What a process with another limit finds."""
    command = ["sh", "-c", f'ulimit {ulimit} && exec "$@"', "sh", sys.executable, "-c", TOLD.format(what)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_limits_of_a_process_are_read_from_inside() -> None:
    assert told("file_limit") == "64"
    assert 40 < int(told("files")) < 64
    assert 0 < int(told("addresses", "-v 300000")) < 307 * MEGABYTE
    assert 0 < int(told("addresses", "-d 200000")) < 204 * MEGABYTE


def test_threads_are_tried() -> None:
    assert can_start(3)
    assert told("threads") == "True"
    # Each takes eight megabytes for its stack, of which there are not thirty times eight.
    assert told("threads", "-v 150000") == "False"
