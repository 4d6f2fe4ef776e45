"""How sandboxes begin and end, and that nothing of them stays."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from devkit.bridge import isolation
from devkit.bridge.limits import Limits
from devkit.bridge.server import BridgeServer
from tests.sandbox.caller import Caller, new_sandbox
from tests.sandbox.conftest import Backend
from tests.sandbox.host import ended, marked, watched

ROOT = Path(__file__).parents[2]
#: Something to find a process on the host by, quoted so that the shell itself does not have it.
BACKGROUND = "setsid sleep 43'{0}' >/dev/null 2>&1 & until grep -qs sleep /proc/[0-9]*/comm; do :; done"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def test_this_host_can_isolate() -> None:
    assert await asyncio.to_thread(isolation.available) is None


async def test_a_host_without_bubblewrap_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(isolation, "TOOLS", str(tmp_path))
    problem = isolation.available()

    assert problem == "Code cannot be isolated: bubblewrap is not installed (package bubblewrap)."
    with pytest.raises(isolation.CannotIsolate, match="bubblewrap is not installed"):
        await BridgeServer(tmp_path).start()


async def test_a_host_without_a_system_python_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "PYTHONS", ("/usr/bin/no-python",))

    assert isolation.available() == "Code cannot be isolated: there is no system Python (/usr/bin/no-python)."


async def test_the_ledger_lists_what_exists(bridge: BridgeServer, local: Caller) -> None:
    async with local.http.get(f"{bridge.url}/v1/sandboxes") as answer:
        listed = (await answer.json())["sandboxes"]

    assert [each["id"] for each in listed] == [local.id] == [each.id for each in bridge.ledger()]
    assert datetime.fromisoformat(listed[0]["created"]) <= datetime.fromisoformat(listed[0]["last_used"])


async def test_a_deleted_sandbox_is_gone_with_its_processes(bridge: BridgeServer, local: Caller) -> None:
    await local.sh(BACKGROUND.format("01"))
    with watched("4301") as processes:
        await local.call("DELETE", "")
        await ended(processes, within=0.5)
    late = await local.call("POST", "/exec", json={"argv": ["true"]})

    assert len(processes) == 1
    assert bridge.ledger() == []
    assert (late.status, late.code) == (410, "sandbox_deleted")
    assert bridge.ledger() == []


async def test_stopping_the_bridge_ends_everything(tmp_path: Path) -> None:
    bridge = BridgeServer(tmp_path)
    await bridge.start()
    async with Backend(bridge.url, bridge.api_key).http() as http:
        for _ in range(2):
            await (await new_sandbox(http, bridge.url)).sh(BACKGROUND.format("02"))
    with watched("4302") as processes:
        await bridge.stop()
        await ended(processes, within=0.5)

    assert len(processes) == 2


async def test_a_killed_bridge_leaves_no_process(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys, pathlib\n"
        "from devkit.bridge.server import BridgeServer\n"
        "async def main():\n"
        "    bridge = BridgeServer(pathlib.Path(sys.argv[1]))\n"
        "    await bridge.start()\n"
        "    print(bridge.url, bridge.api_key, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    command = (sys.executable, "-c", program, str(tmp_path))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    url, key = (await process.stdout.readline()).decode().split()
    async with Backend(url, key).http() as http:
        await (await new_sandbox(http, url)).sh(BACKGROUND.format("03"))
    with watched("4303") as processes:
        process.kill()
        await process.wait()
        await ended(processes)

    assert len(processes) == 1
    assert marked("4303") == []


async def test_a_client_that_leaves_ends_its_command(bridge: BridgeServer, local: Caller) -> None:
    body = {"argv": ["sh", "-c", "echo on; sleep 43'04'"]}
    url = f"{bridge.url}/v1/sandbox/{local.id}/exec"
    async with aiohttp.ClientSession(headers=local.http.headers) as http:
        answer = await http.post(url, json=body)
        await answer.content.readuntil(b"\n\n")
        with watched("4304") as processes:
            answer.close()
            await ended(processes)

    assert (await local.sh("echo fine")).stdout == "fine\n"


async def test_idle_and_old_sandboxes_are_ended(tmp_path: Path) -> None:
    clock = Clock()
    limits = Limits(idle=timedelta(minutes=10), lifetime=timedelta(minutes=25))
    bridge = BridgeServer(tmp_path, limits, now=clock)
    await bridge.start()
    async with Backend(bridge.url, bridge.api_key).http() as http:
        used, idle = await new_sandbox(http, bridge.url), await new_sandbox(http, bridge.url)
        held: list[set[str]] = []
        for _ in range(3):
            clock.now += timedelta(minutes=9)
            await used.sh("true")
            clock.now += timedelta(seconds=61)
            await bridge.sweep()
            held.append({each.id for each in bridge.ledger()})
        came_back = await idle.sh("ls -a")
    await bridge.stop()

    assert held == [{used.id}, {used.id}, set()]
    assert came_back.stdout == ".\n..\n"


async def test_a_sandbox_in_use_is_not_idle(tmp_path: Path) -> None:
    clock = Clock()
    bridge = BridgeServer(tmp_path, Limits(idle=timedelta(minutes=1)), now=clock)
    await bridge.start()
    async with Backend(bridge.url, bridge.api_key).http() as http:
        sandbox = await new_sandbox(http, bridge.url)
        body = {"argv": ["sh", "-c", "echo on; until [ -e go ]; do sleep 0.05; done; echo done"]}
        async with http.post(f"{bridge.url}/v1/sandbox/{sandbox.id}/exec", json=body) as answer:
            await answer.content.readuntil(b"\n\n")
            clock.now += timedelta(hours=1)
            await bridge.sweep()
            await sandbox.put("go", b"")
            rest = await answer.read()
    await bridge.stop()

    assert b'{"exit_code": 0}' in rest


async def test_there_are_only_so_many_sandboxes(tmp_path: Path) -> None:
    bridge = BridgeServer(tmp_path, Limits(sandboxes=1))
    await bridge.start()
    async with Backend(bridge.url, bridge.api_key).http() as http:
        first = await new_sandbox(http, bridge.url)
        async with http.post(f"{bridge.url}/v1/sandbox") as answer:
            refused = answer.status, (await answer.json())["code"]
        await first.call("DELETE", "")
        second = await new_sandbox(http, bridge.url)
        assert (await second.sh("echo fine")).stdout == "fine\n"
    await bridge.stop()

    assert refused == (503, "capacity_exceeded")


async def test_a_sandbox_that_lost_its_first_process_comes_back_empty(
    bridge: BridgeServer, local: Caller
) -> None:
    await local.put("old", b"")
    await bridge.lose(local.id)
    running = await local.call("GET", "/running")

    assert b"false" in running.body
    assert (await local.sh("ls")).stdout == ""
    assert len(bridge.ledger()) == 1


async def test_a_command_that_writes_too_much_is_ended(tmp_path: Path) -> None:
    bridge = BridgeServer(tmp_path, Limits(output=1 << 20))
    await bridge.start()
    async with Backend(bridge.url, bridge.api_key).http() as http:
        sandbox = await new_sandbox(http, bridge.url)
        said = await sandbox.run("yes")
        fine = await sandbox.sh("echo fine")
    await bridge.stop()

    assert (said.code, said.error) == (None, "output_too_large")
    assert fine.stdout == "fine\n"


async def test_what_writes_on_in_the_background_hurts_nobody(local: Caller) -> None:
    said = await local.sh("(sleep 0.1; yes) & echo done", timeout_ms=10_000)
    alive = await local.sh("until grep -l '^yes' /proc/[0-9]*/cmdline; do sleep 0.05; done")

    assert (said.code, said.stdout) == (0, "done\n")
    assert alive.code == 0


async def test_buckets_are_kept_and_shared(bridge: BridgeServer, local: Caller) -> None:
    bucket = bridge.bucket("agent-data")
    other = await new_sandbox(local.http, bridge.url)
    mounted = [await local.mount("agent-data", "/data/all"), await other.mount("agent-data", "/data/all")]
    below = await other.mount("agent-data", "/workspace/p", prefix="/some/prefix/", readOnly=True)
    await local.sh("mkdir -p /data/all/some/prefix; echo kept > /data/all/some/prefix/file")
    seen = await other.sh("cat p/file; rm p/file; echo more >> /data/all/some/prefix/file; cat p/file")
    twice = await local.mount("agent-data", "/data/all")
    gone = await other.unmount("/workspace/p")

    assert [each.status for each in (*mounted, below, gone)] == [200] * 4
    assert (twice.status, twice.code) == (502, "mount_error")
    assert seen.stdout == "kept\nkept\nmore\n"
    assert "Read-only" in seen.stderr
    assert (await other.sh("ls p")).stdout == ""
    assert (bucket / "some/prefix/file").read_text(encoding="utf-8") == "kept\nmore\n"


async def test_mounts_are_not_packed(bridge: BridgeServer, local: Caller) -> None:
    (bridge.bucket("agent-data") / "given").write_text("x", encoding="utf-8")
    await local.mount("agent-data", "/workspace/deep/data")
    await local.put("deep/own", b"")
    packed = await local.call("POST", "/persist")

    assert b"given" not in packed.body
    assert b"deep/own" in packed.body
