"""Something that runs in a sandbox, seen from outside: what it writes, and how it ended."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

CHUNK = 1 << 16
#: Bytes of what a job says of its failure.
MESSAGE = 2_000


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended; `error` if it could not be started."""

    code: int
    error: str = ""


class Output:
    """The reading end of what a job writes."""

    def __init__(self) -> None:
        self.fd, self.writes = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        fcntl.fcntl(self.writes, fcntl.F_SETFL, 0)
        self.is_over = False

    async def chunks(self, ended: asyncio.Future[Ended]) -> AsyncGenerator[bytes]:
        """What comes until every writer closed it, or until the job ended and all it wrote is here."""
        left = CHUNK
        while left > 0:
            was_ended = ended.done()
            try:
                data = os.read(self.fd, CHUNK)
            except BlockingIOError:
                if was_ended:
                    return
                await self._readable(ended)
                continue
            if not data:
                self.is_over = True
                return
            left -= len(data) if was_ended else 0
            yield data

    async def text(self, ended: asyncio.Future[Ended]) -> str:
        """What of it there is room for in a message."""
        text = b""
        async for data in self.chunks(ended):
            text += data[: MESSAGE - len(text)]
        return text.decode("utf-8", "replace")

    async def _readable(self, ended: asyncio.Future[Ended]) -> None:
        loop = asyncio.get_running_loop()
        readable: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self.fd, lambda: settle(readable, None))
        try:
            await asyncio.wait({readable, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            loop.remove_reader(self.fd)


def settle(future: asyncio.Future[Any], value: object) -> None:
    """Set the result of a future that has none yet."""
    if not future.done():
        future.set_result(value)


@dataclass(slots=True)
class Job:
    """Something that runs in the sandbox; `ended` is set when its process is gone."""

    number: int
    ended: asyncio.Future[Ended]
    stdout: Output = field(default_factory=Output)
    stderr: Output = field(default_factory=Output)
