"""Workspaces in Redis: in sealed parts, so that only one part of a large one is in memory twice.

Parts are written when a workspace is packed, before anything says that they count. A fenced script
then writes which ones do (`Writes.workspace`), together with the run they belong to. Parts that never
counted, of a worker that died in between, are dropped by the next script that does so.
"""

from __future__ import annotations

import asyncio
import io
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from redis.asyncio import Redis

from bot.domain import lease
from bot.domain.errors import UnknownSchema
from bot.domain.kept_workspace import Kept
from bot.domain.tasks import all_of
from bot.domain.thread import ThreadRef
from bot.sandbox.limits import MOST_RESTORED
from bot.store.keys import Keys, place
from bot.store.sealer import Sealer

#: Bytes of one part, compressed and not yet sealed.
PART: Final = 1 << 20
#: The field that says which parts count.
NOW: Final = "now"


class Workspaces:
    """Loads and stages; both leave it to the caller how many of them are in memory at a time."""

    def __init__(self, redis: Redis, keys: Keys, sealer: Sealer) -> None:
        self._redis: Any = redis
        self._keys = keys
        self._sealer = sealer

    async def load(self, thread: ThreadRef, kept: Kept | None = None) -> bytes:
        """Get the archive of a workspace: the given one, or that which counts; empty for none.

        Raises `UnknownSchema` where it cannot be read.
        """
        if kept is None:
            sealed = await self._redis.hget(self._keys.files(thread), NOW)
            if sealed is None:
                return await self._of_before(thread)
            kept = self._opened(thread, sealed)
        unpacking = zlib.decompressobj()
        archive = io.BytesIO()  # hands out what it has gathered without a copy of it
        for number in range(kept.parts):
            sealed = await self._redis.hget(self._keys.files(thread), kept.part(number))
            if sealed is None:
                raise UnknownSchema("a part of a stored workspace is missing")
            body = await asyncio.to_thread(self._part, thread, kept, number, sealed)
            left = kept.size + 1 - archive.tell()
            archive.write(await asyncio.to_thread(_unpacked, body, left, unpacking))
        if archive.tell() != kept.size:
            raise UnknownSchema("a stored workspace is not as long as it was")
        return archive.getvalue()

    async def authors(self, thread: ThreadRef) -> tuple[str, ...] | None:
        """All whose words went into the workspace that counts; None for none.

        One of an earlier release names nobody. Raises `UnknownSchema` where it cannot be read.
        """
        sealed, of_before = await all_of(
            self._redis.hget(self._keys.files(thread), NOW), self._redis.exists(self._keys.workspace(thread))
        )
        if sealed is None:
            return () if of_before else None
        return self._opened(thread, sealed).authors

    async def stage(self, thread: ThreadRef, archive: bytes) -> Kept:
        """Write the parts of an archive; they count from when `Writes.workspace` has been written."""
        key = self._keys.files(thread)
        fields = [field.decode() for field in await self._redis.hkeys(key)]
        name = (await asyncio.to_thread(sha256, archive)).hexdigest()
        parts = _parts(archive)
        number = 0
        while part := await asyncio.to_thread(next, parts, b""):
            body = {"of": name, "part": number, "data": b64encode(part).decode()}
            field = f"{name}:{number}"
            sealed = await asyncio.to_thread(self._sealer.seal, "part", body, place(key, field))
            lease.check()
            await self._redis.hset(key, field, sealed)
            number += 1
        others = tuple(field for field in fields if field != NOW and not field.startswith(f"{name}:"))
        return Kept(name, number, len(archive), others)

    def _opened(self, thread: ThreadRef, sealed: bytes) -> Kept:
        found = self._sealer.open("files", sealed, place(self._keys.files(thread), NOW))
        authors = tuple(map(str, found.get("authors") or ()))
        kept = Kept(str(found["name"]), int(found["parts"]), int(found["size"]), authors=authors)
        if not 0 <= kept.size <= MOST_RESTORED or not 0 <= kept.parts <= MOST_RESTORED // PART + 2:
            raise UnknownSchema("a stored workspace is larger than one can be")
        return kept

    def _part(self, thread: ThreadRef, kept: Kept, number: int, sealed: bytes) -> Any:
        where = place(self._keys.files(thread), kept.part(number))
        body = self._sealer.open("part", sealed, where)
        if (body["of"], body["part"]) != (kept.name, number):
            raise UnknownSchema("a part of a stored workspace is that of another")
        return body["data"]

    async def _of_before(self, thread: ThreadRef) -> bytes:
        """Read what versions up to 0.2 wrote: a workspace in one piece."""
        key = self._keys.workspace(thread)
        sealed = await self._redis.get(key)
        return b"" if sealed is None else await asyncio.to_thread(self._whole, sealed, place(key))

    def _whole(self, sealed: bytes | str, where: str) -> bytes:
        try:
            packed = b64decode(self._sealer.open("workspace", sealed, where))
            archive = zlib.decompressobj().decompress(packed, MOST_RESTORED + 1)
        except (zlib.error, ValueError, TypeError):
            raise UnknownSchema("a stored workspace cannot be unpacked") from None
        if len(archive) > MOST_RESTORED:
            raise UnknownSchema("a stored workspace is larger than one can be")
        return archive


def _unpacked(data: str, most: int, unpacking: Any) -> bytes:
    """Unpack a part, to no more than is still missing and one byte."""
    try:
        return unpacking.decompress(b64decode(data), most)
    except zlib.error:
        raise UnknownSchema("a stored workspace cannot be unpacked") from None


def _parts(archive: bytes) -> Iterator[bytes]:
    """Compress an archive, and cut what comes of it into parts."""
    packing = zlib.compressobj()
    waiting = bytearray()
    view = memoryview(archive)
    for at in range(0, len(view), PART):
        waiting += packing.compress(view[at : at + PART])
        while len(waiting) >= PART:
            yield bytes(waiting[:PART])
            del waiting[:PART]
    waiting += packing.flush()
    for at in range(0, len(waiting), PART):
        yield bytes(waiting[at : at + PART])
