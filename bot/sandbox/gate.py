"""How much of what is large is in memory at a time: a few archives and files of all threads together."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Final

#: Archives or files in memory at a time, each up to some 32 MiB and for moments twice that.
AT_ONCE: Final = 2


class Held(io.BytesIO):
    """Bytes that hold a place at the gate until they are closed."""

    def __init__(self, data: bytes, places: asyncio.Semaphore) -> None:
        super().__init__(data)
        self._places: asyncio.Semaphore | None = places

    def close(self) -> None:
        """Forget the bytes and give the place to the next one; again, it does nothing."""
        super().close()
        places, self._places = self._places, None
        if places is not None:
            places.release()


class Gate:
    """Lets a few through at a time, in the order in which they came."""

    def __init__(self, places: int = AT_ONCE) -> None:
        self._places = asyncio.Semaphore(places)

    def place(self) -> asyncio.Semaphore:
        """Hold a place during an `async with` block."""
        return self._places

    async def holding(self, load: Callable[[], Awaitable[bytes]]) -> io.BytesIO:
        """Load something when there is a place; whoever closes what comes gives the place back.

        Raises what `load` raises, and holds no place then.
        """
        async with AsyncExitStack() as undo:
            await undo.enter_async_context(self._places)
            held = Held(await load(), self._places)
            undo.pop_all()
        return held
