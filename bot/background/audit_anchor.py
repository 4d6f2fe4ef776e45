"""Puts signed heads of the audit log where Redis is not, so that not even its holder can rewrite what came before."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import aiohttp
from redis.exceptions import RedisError

from bot.domain.audit import Head
from bot.domain.errors import UnknownSchema
from bot.domain.signed_head import HeadSigner
from bot.store.audit import AuditLog
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

log = logging.getLogger(__name__)

#: Seconds that the server at AUDIT_ANCHOR_URL may take.
ANSWER: Final = 10

#: So many bytes of what it was sent are read back from there: some thousand heads.
READ_BACK: Final = 1 << 20

#: Puts the fields of one line somewhere; raises `OSError`, `TimeoutError` or `aiohttp.ClientError`.
Put = Callable[[Mapping[str, str | int]], Awaitable[None]]


class Place:
    """Somewhere outside Redis, and which heads it has."""

    def __init__(self, name: str, put: Put) -> None:
        self._name = name
        self._put = put
        self._has: dict[str, Head] = {}

    async def bring(self, team: str, head: Head, line: Mapping[str, str | int]) -> None:
        """Put a head there unless it is there; what fails is tried again with the next one."""
        if self._has.get(team, Head()) == head:
            return
        try:
            await self._put(line)
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            # Addresses and paths stay out of it: an address can hold a key.
            log.error("audit head not kept", extra={"place": self._name, "error": type(error).__name__})
        else:
            self._has[team] = head


class Anchor:
    """Signs the heads of all workspaces and brings them to every place."""

    def __init__(
        self, audit: AuditLog, signer: HeadSigner, places: Sequence[Place], now: Callable[[], datetime]
    ) -> None:
        self._audit = audit
        self._signer = signer
        self._places = places
        self._now = now

    async def drop(self) -> None:
        """Bring the heads as they are now."""
        for team in await self._audit.teams():
            try:
                head = await self._audit.head(team)
            except UnknownSchema:
                log.error("audit head cannot be opened", extra={"team": team})
                continue
            line = self._signer.sign(team, head, self._now())
            for place in self._places:
                await place.bring(team, head, line)


async def keep_anchored(anchor: Anchor, pause: timedelta, metrics: Metrics) -> None:
    """Drop an anchor at once and after each pause, until cancelled."""
    while True:
        with outliving(Loop.AUDIT_ANCHOR, metrics):
            try:
                await anchor.drop()
            except RedisError as error:
                log.error("audit heads not read", extra={"error": type(error).__name__})
        await asyncio.sleep(pause.total_seconds())


async def into_log(line: Mapping[str, str | int]) -> None:
    """Write a head into the log of this process."""
    log.info("audit head", extra=dict(line))


def into_file(path: Path) -> Put:
    """Append heads to a file. A full disk leaves no part of a line that a reader would take for a forged one."""

    def append(line: bytes) -> None:
        with path.open("ab", buffering=0) as file:
            before = file.seek(0, os.SEEK_END)
            written = file.write(line)
            if written < len(line):
                if os.fstat(file.fileno()).st_size == before + written:  # nobody else has appended since
                    file.truncate(before)
                raise OSError(errno.ENOSPC, "a head was written in part")

    async def put(line: Mapping[str, str | int]) -> None:
        await asyncio.to_thread(append, json.dumps(line).encode() + b"\n")

    return put


def into_url(http: aiohttp.ClientSession, url: str) -> Put:
    """Post heads to a server, which must answer with 2xx."""

    async def put(line: Mapping[str, str | int]) -> None:
        timeout = aiohttp.ClientTimeout(total=ANSWER)
        async with http.post(url, json=dict(line), allow_redirects=False, timeout=timeout) as answer:
            if not 200 <= answer.status < 300:
                raise aiohttp.ClientError("refused")

    return put


async def read_back(http: aiohttp.ClientSession, url: str) -> str:
    """Ask a server for what was posted there, a head a line; empty where it is none that gives back what it has.

    Raises `TimeoutError` or `aiohttp.ClientError`.
    """
    timeout = aiohttp.ClientTimeout(total=ANSWER)
    async with http.get(url, timeout=timeout, allow_redirects=False) as answer:
        found = bytearray()
        if answer.status == 200:
            async for chunk in answer.content.iter_any():
                found += chunk
                if len(found) >= READ_BACK:
                    break
        return found[:READ_BACK].decode("utf-8", "replace")
