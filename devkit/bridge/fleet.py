"""The sandboxes of a bridge: made, found again, ended when nobody uses them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime

from devkit.bridge.egress import Egress
from devkit.bridge.limits import Limits
from devkit.bridge.sandbox import Sandbox

#: How many ids of deleted sandboxes are remembered, so that a late request does not revive one.
REMEMBERED = 10_000


class Full(Exception):
    """There are as many sandboxes as there may be."""


class Deleted(Exception):
    """The sandbox was deleted."""


@dataclass(frozen=True, slots=True)
class Held:
    """A sandbox that exists."""

    id: str
    created: datetime
    last_used: datetime


class Fleet:
    """An id stands for a sandbox that may not be started yet; one that ended comes back empty."""

    def __init__(self, limits: Limits, *, now: Callable[[], datetime], egress: Egress | None = None) -> None:
        self._limits = limits
        self._egress = egress
        self._now = now
        #: Called when there is one more or less; and how many there were so far.
        self.changed: Callable[[], None] = lambda: None
        self.made = 0
        self._sandboxes: dict[str, Sandbox] = {}
        self._deleted: dict[str, None] = {}
        self._lock = asyncio.Lock()

    def held(self) -> list[Held]:
        """Every sandbox that exists now, oldest first."""
        return [Held(each.id, each.created, each.last_used) for each in self._sandboxes.values()]

    def is_running(self, sandbox_id: str) -> bool:
        """Whether it exists and works."""
        sandbox = self._sandboxes.get(sandbox_id)
        return sandbox is not None and sandbox.is_alive

    async def create(self) -> str:
        """Start a new sandbox and return its id; raises `Full` and `SandboxFailed`."""
        sandbox_id = base64.b32encode(secrets.token_bytes(16)).decode().lower().rstrip("=")
        async with self.using(sandbox_id):
            return sandbox_id

    @contextlib.asynccontextmanager
    async def using(self, sandbox_id: str) -> AsyncGenerator[Sandbox]:
        """The sandbox, started if need be, and not idle during the block.

        Raises `Deleted`, `Full` and `SandboxFailed`.
        """
        sandbox = await self._find(sandbox_id)
        sandbox.busy += 1
        try:
            yield sandbox
        finally:
            sandbox.busy -= 1
            sandbox.last_used = self._now()

    async def _find(self, sandbox_id: str) -> Sandbox:
        async with self._lock:
            sandbox = self._sandboxes.get(sandbox_id)
            if sandbox is not None and sandbox.is_alive:
                return sandbox
            if sandbox_id in self._deleted:
                raise Deleted(f"The sandbox {sandbox_id} was deleted.")
            await self._end(sandbox_id)
            if len(self._sandboxes) >= self._limits.sandboxes:
                raise Full(f"There are {self._limits.sandboxes} sandboxes already.")
            sandbox = Sandbox(sandbox_id, self._limits, created=self._now(), egress=self._egress)
            await sandbox.start()
            self._sandboxes[sandbox_id] = sandbox
            self.made += 1
            self.changed()
            return sandbox

    async def delete(self, sandbox_id: str) -> None:
        """End a sandbox for good."""
        async with self._lock:
            self._deleted[sandbox_id] = None
            if len(self._deleted) > REMEMBERED:
                del self._deleted[next(iter(self._deleted))]
            await self._end(sandbox_id)

    async def lose(self, sandbox_id: str) -> None:
        """End a sandbox as an accident would."""
        async with self._lock:
            await self._sandboxes[sandbox_id].end()

    async def sweep(self) -> None:
        """End what is dead, idle or old."""
        async with self._lock:
            now = self._now()
            for each in list(self._sandboxes.values()):
                idle = not each.busy and now - each.last_used >= self._limits.idle
                if idle or not each.is_alive or now - each.created >= self._limits.lifetime:
                    await self._end(each.id)

    async def end_all(self) -> None:
        """End every sandbox."""
        async with self._lock:
            await asyncio.gather(*(self._end(sandbox_id) for sandbox_id in list(self._sandboxes)))

    async def _end(self, sandbox_id: str) -> None:
        sandbox = self._sandboxes.pop(sandbox_id, None)
        if sandbox is not None:
            await sandbox.end()
            self.changed()
