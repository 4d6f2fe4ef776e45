"""Large bodies of requests, sent in pieces, so that the event loop does other things in between."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
from aiohttp.abc import AbstractStreamWriter

#: Bytes that are sent, or read, at a time.
WHOLE: Final = 64 * 1024


class Pieces(aiohttp.Payload):
    """A body that is sent piece by piece, and of which no copy is made."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data, content_type="application/octet-stream")
        self._size = len(data)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Read it as text; aiohttp wants that of a body, and does not ask."""
        return self._value.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Send it."""
        view = memoryview(self._value)
        for at in range(0, len(view), WHOLE):
            await writer.write(bytes(view[at : at + WHOLE]))
            await asyncio.sleep(0)
