"""A container's health check asks the page of its replica, and says what that says."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from aiohttp import web

from bot.operations.health_check import NOBODY, NOT_SERVED, complaints
from bot.telemetry.health_server import serving
from devkit.processes import inherited

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


async def facts() -> Mapping[str, object]:
    return {"sockets": 1}


async def measured(accept: str) -> tuple[bytes, str]:
    return accept.encode(), "text/plain; version=0.0.4"


@pytest.mark.parametrize("wrong", [(), ("Redis does not answer.", "No socket is open.")])
async def test_what_keeps_a_replica_from_working_is_said(wrong: Sequence[str]) -> None:
    async def said() -> Sequence[str]:
        return wrong

    port = free_port()
    async with serving("0.0.0.0", port, said, facts, measured):
        found = [await asyncio.to_thread(complaints, host, port) for host in ("0.0.0.0", "127.0.0.1")]

    assert found == [list(wrong), list(wrong)]


@pytest.mark.parametrize(("body", "status"), [("[]", 200), ("no page", 404), ('{"complaints": []}', 503)])
async def test_another_server_at_its_port_is_no_replica(body: str, status: int) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(text=body, status=status)

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await (site := web.TCPSite(runner, "127.0.0.1", free_port())).start()
    try:
        found = await asyncio.to_thread(complaints, "127.0.0.1", int(site.name.rpartition(":")[2]))
    finally:
        await runner.cleanup()

    assert found == [NOBODY]


def test_at_what_is_no_name_of_a_host_there_is_no_replica() -> None:
    assert complaints("bad host\n", 80) == [NOBODY]


@pytest.mark.parametrize(
    ("port", "code", "said"),
    [("0", 1, f"✗ {NOT_SERVED}"), ("1", 1, f"✗ {NOBODY}"), ("many", 2, "HEALTH_PORT")],
)
async def test_the_command_needs_nothing_but_the_port(
    port: str, code: int, said: str, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "health"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=inherited() | {"HEALTH_PORT": port},
        cwd=tmp_path,
    )
    output, _ = await process.communicate()

    assert process.returncode == code
    assert said in output.decode()


def test_image_and_compose_ask_for_it() -> None:
    image, compose = ((ROOT / name).read_text(encoding="utf-8") for name in ("Dockerfile", "compose.yaml"))

    assert 'CMD ["countersign", "health"]' in image
    assert 'test: ["CMD", "countersign", "health"]' in compose
    assert "HEALTH_PORT: " in compose
