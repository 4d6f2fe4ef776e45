"""The earlier calls of tools whose policies look back: read, judged and noted in one step that no other replica can split."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from redis.asyncio import Redis

from bot.domain.approvals.earlier import MAY_BEGIN, EarlierCall, LookBack, Page, Pages, longest, value_of
from bot.domain.errors import KeyMissing, NotConfirmed, UnknownSchema
from bot.store.keys import Keys, place
from bot.store.records import EARLIER
from bot.store.scripts import Scripts
from bot.store.sealer import Sealer

#: How often a step is tried again because other replicas were quicker. Each try of all of them together ends with one
#: that went through, so this many calls of one page have to be decided in the same instant before people are asked.
TRIES: Final = 64
#: How much longer than it may count a page is kept: nothing depends on it.
SPARE: Final = timedelta(days=1)

log = logging.getLogger(__name__)
T = TypeVar("T")
#: Judges a call by what was before it; None where that cannot be told.
Judge = Callable[[Sequence[EarlierCall] | None], T]
#: Pages by their keys, as Redis had them a moment ago.
Foreseen = Mapping[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a call of a tool has to be judged by: of which tool, how far back, and the call itself as it will be noted."""

    team: str
    tool: str
    looks: Collection[LookBack]
    call: EarlierCall


@dataclass(frozen=True, slots=True)
class _Read:
    """A page as it was read. `raw` is what Redis has; one without `may_write` is for who has its key."""

    key: str
    window: timedelta
    raw: bytes
    page: Page
    may_write: bool = True


class EarlierCalls:
    """Keeps a page for each thing that calls are told apart by, as far back as the longest window.

    Sums are made in Python, exactly; Redis only compares what it has with what was read.
    """

    def __init__(self, redis: Redis, keys: Keys, sealer: Sealer) -> None:
        self._redis = redis
        self._keys = keys
        self._sealer = sealer
        self._scripts = Scripts(redis)

    async def look(self, looked: Looked, judge: Judge[T], now: datetime) -> T:
        """Judge a call by all others, and note nothing."""
        read = await self._read(looked, now)
        return judge(_pages(read).others(looked.call, now))

    async def let_go(self, looked: Looked, judge: Judge[T], is_free: Callable[[T], bool], now: datetime) -> T:
        """Judge a call by what was let go on before it, and note it in the same step where that leaves it free.

        Judged again under its name it is judged by the same calls.
        """
        for _ in range(TRIES):
            read = await self._read(looked, now)
            pages = _pages(read)
            judged = judge(pages.before(looked.call, now))
            if not is_free(judged) or pages.has(looked.call):
                return judged
            if await self._written(read, pages.put(looked.call, now)):
                return judged
        log.error("earlier calls change too fast", extra={"tool": looked.tool})
        return judge(None)

    async def foresee(self, looked: Looked) -> Foreseen:
        """The pages of a call that is about to begin."""
        keys = [*self._windows(looked)]
        raws: list[Any] = await self._redis.mget(keys) if keys else []
        return dict(zip(keys, raws, strict=True))

    async def begin(
        self, looked: Looked, judge: Judge[bool], now: datetime, foreseen: Foreseen | None = None
    ) -> str | None:
        """Note that a call begins; None where it may not, by what others were let go on with meanwhile.

        Else the `run_id` of the Redis that has the note: one that takes over may not, and there the call has to begin
        anew. One that was let go on before keeps its place. Raises `NotConfirmed` where the note cannot be made now. By
        pages that were `foreseen` it may only begin, and only if they still are what they were.
        """
        begun = replace(looked.call, is_open=False)
        for _ in range(TRIES):
            old, foreseen = foreseen, None
            read = await self._read(looked, now, old)
            pages = _pages(read)
            if not pages.has(begun) and not judge(pages.others(begun, now)):
                if old:
                    continue
                return None
            if noted_in := await self._written(read, pages.put(begun, now)):
                return noted_in
        raise NotConfirmed

    async def give_back(self, looked: Looked, now: datetime) -> None:
        """Forget a call that is known not to have been made; where that does not succeed, it goes on to count."""
        for _ in range(TRIES):
            read = await self._read(looked, now)
            if await self._written(read, _pages(read).without(looked.call.effect)):
                return
        log.error("a call that was not made goes on to count", extra={"tool": looked.tool})

    async def _read(self, looked: Looked, now: datetime, foreseen: Foreseen | None = None) -> list[_Read]:
        windows = self._windows(looked)
        if foreseen is None or foreseen.keys() != windows.keys():
            foreseen = await self.foresee(looked)
        return [self._opened(key, window, foreseen[key] or b"", now) for key, window in windows.items()]

    def _windows(self, looked: Looked) -> Mapping[str, timedelta]:
        call = looked.call
        named = {per: value_of(per, call.requester, call.arguments) for per in longest(looked.looks)}
        return {
            self._keys.earlier(looked.team, looked.tool, f"{per}\n{named[per]}"): window
            for per, window in longest(looked.looks).items()
        }

    def _opened(self, key: str, window: timedelta, raw: bytes, now: datetime) -> _Read:
        if not raw:
            return _Read(key, window, raw, Page())
        try:
            return _Read(key, window, raw, EARLIER.load(self._sealer, raw, place(key)))
        except KeyMissing:
            return _Read(key, window, raw, Page(whole_since=now), may_write=False)
        except UnknownSchema:
            log.error("earlier calls not readable", extra={"window": str(window)})
            return _Read(key, window, raw, Page(whole_since=now))  # what is noted from now on is known

    async def _written(self, read: Sequence[_Read], pages: Pages) -> str:
        """Write all of them, if each still is what was read; which Redis did, empty where nothing was written."""
        if not all(one.may_write for one in read):
            return ""
        arguments: list[str | bytes | int] = []
        for one, (page, window) in zip(read, pages.of, strict=True):
            kept = int((max(window, MAY_BEGIN) + SPARE) / timedelta(milliseconds=1))
            arguments += [one.raw, EARLIER.dump(self._sealer, page, place(one.key)), kept]
        return await self._scripts.reserve([one.key for one in read], arguments)


def _pages(read: Sequence[_Read]) -> Pages:
    return Pages(tuple((one.page, one.window) for one in read))
