"""`countersign tail` and `countersign trace`: what became of a thread, in plain lines, and which failure a reference is of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, cast

from redis.exceptions import RedisError

from bot.domain.audit import Entry
from bot.domain.errors import CannotStart, UnknownSchema
from bot.domain.handled_event import HandledEvent
from bot.domain.item_kinds import is_of_person
from bot.domain.thread import ThreadRef
from bot.operations.audit_report import seen
from bot.operations.story_lines import Line, of_entry, of_event
from bot.operations.thread_named import thread_named
from bot.settings.config import Settings
from bot.store import client
from bot.store.audit import AuditLog
from bot.store.handled_events import HandledEvents
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore

#: Seconds between two looks of `--follow`.
BEAT: Final = 1.0
UNKNOWN: Final = "Nothing is kept of that thread: give a link to one of its messages, or TEAM/CHANNEL/TS."
NOTHING: Final = "Nothing has been handled yet, or all of it is older than 90 days."
NO_SUCH: Final = "Nothing is kept of that reference: it is of another bot, or older than 30 days."
UNREACHED: Final = "Redis could not be reached at REDIS_URL."

Say = Callable[[str], None]


class Story:
    """What is kept of one thread."""

    def __init__(self, kept: HandledEvents, audit: AuditLog, threads: ThreadStore, thread: ThreadRef) -> None:
        self._kept = kept
        self._audit = audit
        self._threads = threads
        self.thread = thread
        self._read = 0
        self._entries: list[Entry] = []

    async def lines(self, *, with_text: bool) -> list[Line]:
        """All of it, in the order in which it happened."""
        await self._read_on()
        events = [one for one in await self._kept.of(self.thread) if one is not None]
        found = [line for one in events for line in of_event(one)]
        found += [of_entry(one, with_text=with_text) for one in self._entries]
        return sorted(found)

    async def _read_on(self) -> None:
        """Read what is on record of the thread since the last time."""
        await self._audit.chain()
        async for link in self._audit.links(self.thread.team, self._read):
            self._read += 1
            if link is not None and link.entry.thread == str(self.thread):
                self._entries.append(link.entry)

    async def waits(self) -> Iterator[str]:
        """What it waits for now."""
        state = await self._threads.load(self.thread)
        approvals = await self._threads.readable(state.approvals)
        return (
            f"Now: {one.id} waits for {', '.join(one.missing)} since {_moment(one.requested_at)}."
            for one in approvals
            if not one.is_final
        )

    async def said(self) -> list[str]:
        """What was said, as models read it."""
        found: list[str] = []
        for item in await self._threads.conversations.items(self.thread, 0):
            who = "person" if is_of_person(item) else str(item.get("role") or item.get("type") or "")
            called = str(item.get("name") or "")
            if text := _text(item):  # what a model thought is sealed by its provider, and shows nothing
                found.append(f"  {' '.join(filter(None, (seen(who), seen(called))))}: {seen(text)}")
        return found


async def tail(settings: Settings, named: str, say: Say, *, with_text: bool, follow: bool) -> bool:
    """Tell a thread's story; with `follow` go on until interrupted. Returns whether there is such a thread."""
    async with _opened(settings) as (kept, audit, threads):
        thread = await thread_named(_typed(named), kept)
        if thread is None:
            say(UNKNOWN if named.strip() else NOTHING)
            return not named.strip()
        story, told = Story(kept, audit, threads, thread), set[Line]()
        if not follow and not await story.lines(with_text=False):
            say(UNKNOWN)
            return False
        say(f"{thread}, times in UTC")
        while True:
            for line in await story.lines(with_text=with_text):
                if line not in told:
                    say(f"{_moment(line.at)}  {seen(line.text)}")
                    told.add(line)
            if not follow:
                break
            await asyncio.sleep(BEAT)
        await _tell_rest(story, say, with_text=with_text)
        return True


async def _tell_rest(story: Story, say: Say, *, with_text: bool) -> None:
    try:
        for line in await story.waits():
            say(seen(line))
        for line in await story.said() if with_text else ():
            say(line)
    except UnknownSchema:
        say("The thread's row, or what was said in it, cannot be opened with STATE_KEYS.")


async def trace(settings: Settings, reference: str, say: Say) -> bool:
    """Say what a reference is of; returns whether anything is kept of it."""
    async with _opened(settings) as (kept, _, _):
        found = await kept.failed(_copied(_typed(reference)))
    if found is None:
        say(NO_SUCH)
        return False
    for name, value in _told(found):
        say(f"{name:<10}{seen(value)}")
    return True


def _told(found: HandledEvent) -> Iterator[tuple[str, str]]:
    yield "failed", f"{_moment(found.ended)} UTC: {(found.failure or found.outcome).replace('_', ' ')}"
    yield "thread", found.thread
    yield "event", f"{found.event} ({found.kind}), tried {found.tries} time{'s' * (found.tries != 1)}"
    yield "person", found.person or "nobody: a timer"
    yield "run", found.run or "none"
    yield "trace", found.trace or "none: no traces were exported"
    yield "log", f'the lines with "reference": "{found.reference}", and those of its event before'


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[tuple[HandledEvents, AuditLog, ThreadStore]]:
    sealer = Sealer(settings.state_key_list, read_unbound=settings.read_unbound_seals)
    async with client.connect(settings.redis_url.get_secret_value()) as redis:
        try:
            kept = HandledEvents(redis, settings.keys, sealer)
            yield kept, AuditLog(redis, settings.keys, sealer), ThreadStore(redis, settings.keys, sealer)
        except (RedisError, OSError):
            raise CannotStart(UNREACHED) from None


def _copied(text: str) -> str:
    """A reference, of what somebody copied out of "(reference `…`)"."""
    return (text.split() or [""])[-1].strip("`'\"().,")


def _typed(text: str) -> str:
    """What stands on a command line: bytes of it that are no text name nothing, and Redis takes none of them."""
    return text.encode(errors="replace").decode()


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-5]


def _text(item: Any) -> str:
    content: Any = item.get("content")
    if content is None:
        content = item.get("output") or item.get("arguments")
    if isinstance(content, list):
        parts = cast("list[dict[str, Any]]", content)
        content = " ".join(str(part.get("text", "")) for part in parts)
    return str(content or "")
