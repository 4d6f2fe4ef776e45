"""`countersign doctor --sandbox`: a real task in the sandbox that is set, each step with its time."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

import aiohttp
from agents.sandbox import Manifest
from agents.sandbox.errors import SandboxError
from agents.sandbox.session.dependencies import Dependencies
from agents.sandbox.session.sandbox_session import SandboxSession

from bot.domain.finding import Finding
from bot.sandbox.host import Host
from bot.settings.config import Settings
from bot.wiring.sandbox_hosts import sandbox_host

#: A file's name and content that a careless bridge gets wrong.
NAME: Final = Path("doctor +1 ü.bin")
CONTENT: Final = bytes(range(256)) * 64
EXIT: Final = 7
Clock = Callable[[], float]


async def examine(settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    """Open a sandbox, use it, restore it into another one, and leave nothing behind."""
    async with aiohttp.ClientSession() as http:
        host = sandbox_host(settings, http)
        if host is None:
            yield Finding.warning("SANDBOX_BACKEND is none: there are no code tasks.")
        elif fault := await host.fault():
            yield Finding.failed(fault)
        else:
            async for finding in _try_out(host, clock):
                yield finding


async def _try_out(host: Host, clock: Clock) -> AsyncIterator[Finding]:
    client = host.client(Dependencies())
    sessions: list[SandboxSession] = []

    async def opened() -> SandboxSession:
        session = await client.create(manifest=Manifest(), options=host.options)
        sessions.append(session)
        await session.start()
        return session

    try:
        async for finding in _task(opened, clock):
            yield finding
    except (SandboxError, TimeoutError, OSError) as error:
        yield Finding.failed(f"Sandboxes of SANDBOX_BACKEND failed in this step ({_kind(error)}).")
    finally:
        for session in sessions:
            await client.delete(session)


async def _task(opened: Callable[[], Awaitable[SandboxSession]], clock: Clock) -> AsyncIterator[Finding]:
    timer = _Timer(clock)
    session = await opened()
    yield timer.done("A sandbox opened")
    ran = await session.exec(f"echo fine; exit {EXIT}", timeout=20)
    yield timer.verdict("A command ran, with its exit code", (ran.stdout, ran.exit_code) == (b"fine\n", EXIT))
    await session.write(NAME, io.BytesIO(CONTENT))
    read = (await session.read(NAME)).read()
    yield timer.verdict("A file came back as it was written", read == CONTENT)
    with await session.persist_workspace() as archive:
        yield timer.done("The workspace was packed")
        other = await opened()
        await other.hydrate_workspace(archive)
    yield timer.verdict("Another sandbox had it restored", (await other.read(NAME)).read() == CONTENT)


class _Timer:
    """Says how long each step took."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock()

    def done(self, what: str) -> Finding:
        took, self._since = self._clock() - self._since, self._clock()
        return Finding.ok(f"{what} ({took:.2f} s).")

    def verdict(self, what: str, is_right: bool) -> Finding:
        finding = self.done(what)
        return finding if is_right else Finding.failed(f"This did not hold: {finding.text}")


def _kind(error: Exception) -> str:
    """Name an error without its text, which may hold what the bridge answered."""
    return str(error.error_code) if isinstance(error, SandboxError) else type(error).__name__
