"""`make demo`: starts what it says, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.demo import PATIENCE, Demo, make_demo


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncGenerator[Demo]:
    async with make_demo(tmp_path) as started:
        yield started


async def gone(pid: int) -> None:
    """Wait until no process of this id works any more."""
    status = Path(f"/proc/{pid}/stat")
    async with asyncio.timeout(PATIENCE):
        while status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z":
            await asyncio.to_thread(os.sched_yield)


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_however_the_demo_ends_nothing_that_it_started_stays(demo: Demo, how: signal.Signals) -> None:
    (launcher,) = children(demo.process.pid)
    started = children(launcher)

    demo.signal(how)
    await demo.process.wait()

    assert len(started) == 2
    for pid in (launcher, *started):
        await gone(pid)


async def test_a_bot_is_killed_and_started_by_the_panel(demo: Demo) -> None:
    (before,) = (await demo.panel("bots"))["bots"]

    assert await demo.orders("kill", "bot-1")
    assert (await demo.panel("bots"))["bots"][0]["state"] == "stopped"
    assert await demo.orders("start", "bot-1")
    assert not await demo.orders("start", "bot-9")

    (after,) = (await demo.panel("bots"))["bots"]
    assert after["state"] == "running"
    assert after["pid"] != before["pid"]


async def test_what_it_prints_is_of_this_start_alone(tmp_path: Path) -> None:
    (tmp_path / "bot-1.log").write_text("what an earlier bot said\n")

    async with make_demo(tmp_path):
        assert "an earlier bot" not in (tmp_path / "bot-1.log").read_text()


async def test_the_ledger_is_shown(demo: Demo) -> None:
    ledger = await demo.panel("billing")

    assert "INV-1003" in {invoice["id"] for invoice in ledger["invoices"]}
    assert ledger["refunds"] == []
