"""`make demo`: starts what it says, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from devkit.processes import inherited
from tests.demo import PATIENCE, ROOT, Demo, make_demo
from tests.terminal import Terminal


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


async def test_the_ledger_is_shown_and_what_looks_into_it_works_as_it_stands(
    demo: Demo, tmp_path: Path
) -> None:
    ledger = await demo.panel("billing")
    lines = [look["line"] for look in (await demo.panel("looks"))["commands"]]

    assert "INV-1003" in {invoice["id"] for invoice in ledger["invoices"]}
    assert ledger["refunds"] == []
    assert [line.split()[1] for line in lines] == ["tail", "audit", "audit", "policies", "usage"]
    # One in a shell with a setting of its own, which does not count; the others here, with the file that it reads.
    (verify,) = (line for line in lines if line.endswith("audit verify"))
    process = await asyncio.create_subprocess_shell(
        verify,
        cwd="/",
        env=inherited() | {"REDIS_URL": "redis://127.0.0.1:1"},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert (process.returncode, said.decode()) == (0, "✓ nothing is on record yet\n")
    file = demo.home / "demo.env"
    assert file.stat().st_mode & 0o777 == 0o600
    settings = dict(one.split("=", 1) for line in file.read_text().splitlines() for one in shlex.split(line))
    assert {name for name in settings if "API_KEY" in name and settings[name]} == set()
    shell = Terminal(tmp_path, {})
    for line in lines:
        code, out, err = await shell.command(shlex.split(line)[1:], settings=settings)
        assert (code, err) == (0, b""), f"{line}: {out.decode()}{err.decode()}"
    health = await shell.command(["health"], settings=settings)
    assert health == (0, b"ready\n", b"")
    assert json.loads(settings["APPROVERS"])["operator"], "nobody's Home shows what models cost"


async def test_an_mcp_file_that_cannot_be_used_stops_the_demo_with_a_sentence(tmp_path: Path) -> None:
    wrong = tmp_path / "mcp.toml"
    wrong.write_text('[servers.ops]\nspecialist = "Operations"\ncommand = ["x"]\ntools = { a = "alow" }\n')
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "devkit.demo", "--team=operations", f"--mcp={wrong}"),
        *("--stand-in", "--no-browser", "--no-sandbox", f"--home={tmp_path}"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()

    assert process.returncode == 1
    assert (
        "The demo could not start. mcp.toml: servers.ops.tools.a must be 'allow' or 'deny'" in said.decode()
    )
    assert "Traceback" not in said.decode()
