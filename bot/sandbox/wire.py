"""The HTTP connections of a bridge's sandbox: no answer is read further than its limit and one byte.

The SDK reads answers whole, whatever their length, and sends archives in one piece. A bridge hands on
what code in a sandbox made, so neither is safe.
"""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from yarl import URL

from bot.domain.pieces import WHOLE, Pieces

#: Bytes of a file that is read, or of what a command says, in the base64 of its events.
MOST_READ: Final = 4 * 1024 * 1024
MOST_SAID: Final = MOST_READ * 2
#: Bytes of an answer that only says whether something worked.
MOST_TOLD: Final = 64 * 1024
#: Bytes that are handed on at a time: the SDK's reader of events looks at each piece several times.
PIECE: Final = 8 * 1024
_ARCHIVE: Final = re.compile(r"/v1/sandbox/[^/]+/persist")
_FILE: Final = re.compile(r"/v1/sandbox/[^/]+/file/.*")
_EXEC: Final = re.compile(r"/v1/sandbox/[^/]+/exec")


class TooMuch(aiohttp.ClientPayloadError):
    """An answer is longer than it may be."""


class Bounded:
    """The body of an answer, as far as it may be read.

    Of one that `cuts` there are `most` bytes and one more; any other that is longer raises `TooMuch`.
    """

    def __init__(self, content: aiohttp.StreamReader, most: int, *, cuts: bool) -> None:
        self._content = content
        self._left = most + 1
        self._cuts = cuts

    async def read(self, most: int = -1) -> bytes:
        """Read so many bytes at most, or all there may be."""
        if most >= 0:
            return await self._next(most)
        body = io.BytesIO()  # hands out what it has gathered without a copy of it
        while piece := await self._next(WHOLE):
            body.write(piece)
        return body.getvalue()

    async def readexactly(self, count: int) -> bytes:
        """Read so many bytes; raises `asyncio.IncompleteReadError`."""
        body = b""
        while len(body) < count:
            if not (piece := await self._next(count - len(body))):
                raise asyncio.IncompleteReadError(body, count)
            body += piece
        return body

    async def iter_chunked(self, most: int) -> AsyncIterator[bytes]:
        """Hand the body on in pieces."""
        while piece := await self._next(min(most, PIECE)):
            yield piece
            await asyncio.sleep(0)  # where much is here already, reading does not wait

    def iter_any(self) -> AsyncIterator[bytes]:
        """Hand the body on as it comes."""
        return self.iter_chunked(PIECE)

    def exception(self) -> BaseException | None:
        """What broke the body off; asked by aiohttp."""
        return self._content.exception()

    def set_exception(self, *reason: Any) -> None:
        """Break the body off; called by aiohttp."""
        self._content.set_exception(*reason)

    async def _next(self, most: int) -> bytes:
        if not (most := min(most, self._left)):
            return b""
        piece = await self._content.read(most)
        self._left -= len(piece)
        if not self._left and not self._cuts:
            raise TooMuch
        return piece


class Answer(aiohttp.ClientResponse):
    """An answer of a bridge. `archive` is the limit of a packed workspace, in bytes."""

    archive: int

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        """Take the head of the answer; of its body no more is read than what it may have."""
        await super().start(connection)
        path, is_fine = self.url.path, self.status == HTTPStatus.OK
        cuts = is_fine and _ARCHIVE.fullmatch(path) is not None
        most = self.archive if cuts else MOST_TOLD
        if is_fine and _FILE.fullmatch(path):
            most = MOST_READ
        elif is_fine and _EXEC.fullmatch(path):
            most = MOST_SAID
        bounded: Any = Bounded(self.content, most, cuts=cuts)
        self.content = bounded
        return self

    async def read(self) -> bytes:
        """Read the body, as far as it may be read; what is left of it closes the connection."""
        if self._body is None:
            self._body = await self.content.read()
            self.release()
        return self._body


class Wire:
    """Stands where the SDK has its `ClientSession`."""

    def __init__(self, api_key: str | None, *, archive: int) -> None:
        # Nothing is asked for compressed, and nothing decompressed: a small answer stays small.
        headers = {"Accept-Encoding": "identity"}
        if api_key:
            headers["Authorization"] = f"Bearer {api_key}"
        answer = type("ArchiveAnswer", (Answer,), {"archive": archive})
        self._http = aiohttp.ClientSession(headers=headers, response_class=answer, auto_decompress=False)
        self.get = partial(self._request, "GET")
        self.post = partial(self._request, "POST")
        self.put = partial(self._request, "PUT")
        self.delete = partial(self._request, "DELETE")

    @property
    def closed(self) -> bool:
        """Whether its connections are closed."""
        return self._http.closed

    async def close(self) -> None:
        """Close its connections."""
        await self._http.close()

    def _request(self, method: str, url: str | URL, *, data: Any = None, **more: Any) -> Any:
        if isinstance(data, bytes) and len(data) > WHOLE:
            data = Pieces(data)
        return self._http.request(method, url, data=data, allow_redirects=False, **more)
