"""A collector of traces in a process of its own, which is nobody's here: Rotel, an OpenTelemetry collector as a package.

It takes OTLP and passes on what it took, by OTLP, to a receiver that tests can ask.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import rotel

from devkit.trace_receiver import TraceReceiver

AGENT = Path(rotel.__file__).with_name("rotel-agent")


@dataclass(frozen=True, slots=True)
class Collector:
    """Where it takes traces, and what it has passed on."""

    url: str
    passed_on: TraceReceiver


@asynccontextmanager
async def collector() -> AsyncGenerator[Collector]:
    """Run one while the block runs."""
    receiver = TraceReceiver()
    await receiver.start()
    http, grpc = _free_port(), _free_port()
    agent = await asyncio.create_subprocess_exec(
        *(AGENT, "start", "--otlp-http-endpoint", f"127.0.0.1:{http}"),
        *("--otlp-grpc-endpoint", f"127.0.0.1:{grpc}", "--exporter", "otlp"),
        *("--otlp-exporter-endpoint", receiver.url, "--otlp-exporter-protocol", "http"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _listens(http)
        yield Collector(f"http://127.0.0.1:{http}", receiver)
    finally:
        if agent.returncode is None:
            agent.terminate()
        await agent.wait()
        await receiver.stop()


async def _listens(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.Event().wait(), 0.05)
                continue
            writer.close()
            await writer.wait_closed()
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
