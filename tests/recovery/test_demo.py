"""`make demo`: starts what it says, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from devkit.processes import TETHER

ROOT = Path(__file__).parents[2]
#: Longest wait for the demo to be ready or gone, in seconds; a warm start takes a few.
PATIENCE = 60


@dataclass(frozen=True)
class Demo:
    """A demo that has said where it is."""

    process: asyncio.subprocess.Process
    url: str

    async def panel(self, name: str) -> dict[str, list[dict[str, object]]]:
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/page/panel/{name}") as response:
            return await response.json()

    async def orders(self, action: str, bot: str) -> bool:
        order = {"action": action, "name": bot}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.url}/page/panel/bots", json=order) as response,
        ):
            return bool((await response.json())["ok"])


@pytest.fixture
async def demo() -> AsyncGenerator[Demo]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(TETHER), str(os.getpid())),
        *(sys.executable, "-m", "devkit.demo", "--no-browser"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while not (found := re.search(rb"http://127\.0\.0\.1:\d+", line := await process.stdout.readline())):
            assert line, "the demo ended before it was ready"
    yield Demo(process, found[0].decode())
    if process.returncode is None:
        process.kill()
    await process.wait()


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
    started = children(demo.process.pid)

    demo.process.send_signal(how)
    await demo.process.wait()

    assert len(started) == 2
    for pid in started:
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


async def test_the_ledger_is_shown(demo: Demo) -> None:
    ledger = await demo.panel("billing")

    assert "INV-1003" in {invoice["id"] for invoice in ledger["invoices"]}
    assert ledger["refunds"] == []
