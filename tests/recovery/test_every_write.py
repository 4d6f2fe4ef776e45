"""A bot dies right before, or right after, each single write of what it does for people."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.audit import Verifier
from bot.domain.errors import LeaseLost, SlackUnavailable
from bot.domain.rank import IDLE, Holding
from bot.domain.thread import ThreadRef
from bot.settings.config import Settings
from bot.slack.calls import Calls
from bot.store.claim import Claim, Renewal
from bot.store.inbox import Inbox
from bot.store.ranks import Ranks
from devkit.slack.workspace import Message
from tests.redis_server import RedisServer
from tests.world import ANA, BOT_USER, MEI, OMAR, SUPPORT, World, ids
from tests.world import world as make_world

#: No life of a refund has more writes of its thread than this; a test fails where it has.
MOST = 24
#: How many lives are lived at the same time; up to so many are lived beyond the last write, in vain.
AT_ONCE = 4


class Death:
    """Ends a worker at its nth fenced write: from then on nothing of it reaches Redis."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at = at
        self.after = after
        self.writes = 0
        self.came = asyncio.Event()
        self.over = asyncio.Event()

    async def wait(self) -> None:
        """Do nothing any more; what still runs when the test is over has lost its lease."""
        self.came.set()
        await self.over.wait()
        raise LeaseLost


COMING: ContextVar[Death | None] = ContextVar("COMING", default=None)


class MortalInbox(Inbox):
    """The inbox of a worker whose death is fixed."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.death = COMING.get()

    async def claim(
        self,
        owner: str,
        holding: Holding = IDLE,
        *,
        avoid: Collection[ThreadRef] = (),
        ranks: Ranks | None = None,
    ) -> Claim | float | None:
        if self.death is not None and self.death.came.is_set():
            await self.death.wait()
        return await super().claim(owner, holding, avoid=avoid, ranks=ranks)

    async def renew(self, claim: Claim) -> Renewal:
        if self.death is not None and self.death.came.is_set():
            with contextlib.suppress(LeaseLost):
                await self.death.wait()
            return Renewal.LOST
        return await super().renew(claim)

    async def _commit(self, claim: Claim, *arguments: Any, **options: Any) -> None:
        death = self.death
        if death is None or claim.thread.is_home:
            return await super()._commit(claim, *arguments, **options)
        death.writes += 1
        if death.came.is_set() or death.writes == death.at:
            if death.after and not death.came.is_set():
                await super()._commit(claim, *arguments, **options)
            await death.wait()
        return await super()._commit(claim, *arguments, **options)


class MortalCalls(Calls):
    """The mouth of a worker whose death is fixed: the dead say nothing."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.death = COMING.get()

    async def once(self, method: str, call: Callable[[], Awaitable[Any]], channel: str = "") -> Any:
        if self.death is not None and self.death.came.is_set():
            with contextlib.suppress(LeaseLost):
                await self.death.wait()
            raise SlackUnavailable(method)
        return await super().once(method, call, channel)


@dataclass(frozen=True, slots=True)
class Story:
    """What people do, whatever the bots go through; how it must end; how long approvals wait."""

    act: Callable[[World], Coroutine[Any, Any, None]]
    check: Callable[[World], Awaitable[None]]
    ttl: timedelta = timedelta(hours=1)


async def life(redis_url: str, death: Death, story: Story) -> bool:
    """Live a story with a worker that dies and one that takes over; False if it lived."""
    # One bot stores under one prefix of a database, so each of those that live at once has its own.
    async with make_world(redis_url.replace("?db=0", f"?db={death.at % AT_ONCE}")) as world:
        COMING.set(death)
        async with world.bot(DRAIN_SECONDS="0"):
            COMING.set(None)
            try:
                await lived(world, death, story)
            finally:
                death.over.set()
        await story.check(world)
    return death.came.is_set()


async def lived(world: World, death: Death, story: Story) -> None:
    """Let people act; once the first worker has died, another one takes over."""
    people = asyncio.create_task(story.act(world))
    dying = asyncio.create_task(death.came.wait())
    await asyncio.wait({people, dying}, return_when=asyncio.FIRST_COMPLETED)
    dying.cancel()
    if not death.came.is_set():
        await people
        return
    async with world.bot():
        await people


async def pay(world: World) -> None:
    """Ask for a refund; it is changed, approved by somebody else, and made."""
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    await world.edits(OMAR, card, amount="25.00")
    await world.slack.until(lambda: "*Changed* by" in card.shown)
    await world.approves(MEI, card)
    await world.slack.until(lambda: answered(world, thread) or question(world, thread))
    if (asked := question(world, thread)) and not answered(world, thread):
        said = "happened" if world.refunds else "try_again"
        await world.slack.clicks(OMAR, asked.channel, asked.ts, said)
        await world.told(OMAR, "or had a hand in it")  # he changed the call
        await world.slack.clicks(MEI, asked.channel, asked.ts, said)
        await world.slack.until(lambda: answered(world, thread))
    cards = [*world.cards_in(SUPPORT), *world.cards_in("C0FINANCE1")]
    await world.slack.until(lambda: all(ids(one) == ["details"] for one in cards))


def answered(world: World, thread: str) -> list[Message]:
    words = ("Done: I refunded", "did happen")
    return [m for m in world.done(thread) if any(word in m.shown for word in words)]


def question(world: World, thread: str) -> Message | None:
    return next((m for m in world.replies(thread) if "happened" in ids(m)), None)


async def paid(world: World) -> None:
    """It happened once, as it was changed and approved, and everything is on record once."""
    assert world.refunds == [("INV-1003", "25.00")]
    verifier = Verifier()
    links = await world.records()
    for link in links:
        verifier.read(link)
    assert verifier.problems == []
    asked = [link.entry for link in links if link.entry.details.get("question") == "go_ahead"]
    deeds = [str(link.entry.deed) for link in links if link.entry.approval == asked[0].approval]
    assert len(asked) == 1
    for once in ("requested", "edited", "decided"):
        assert deeds.count(once) == 1, deeds
    places = [
        (m.channel, (m.metadata or {})["event_payload"]["approval_id"])
        for m in (*world.cards_in(SUPPORT), *world.cards_in("C0FINANCE1"))
    ]
    assert len(places) == len(set(places))


async def chat(world: World) -> None:
    """Ask, get an answer, ask on."""
    thread = await world.asks("show me INV-1003")
    await world.slack.until(lambda: said(world, thread, "Hazel & Co"))
    await world.slack.says(ANA, SUPPORT, "and what is its date?", thread_ts=thread)
    await world.slack.until(lambda: said(world, thread, "dated **2026-10-02**."))


async def chatted(world: World) -> None:
    """Each message was answered in one message of its own, and the model was told nothing twice."""
    (thread,) = {m.ts for m in world.slack.workspace.messages[SUPPORT].values() if not m.thread_ts}
    assert len(world.replies(thread)) == 2
    last = str(world.model.asked()[-1].body)
    assert last.count("show me INV-1003") == 1
    assert last.count("and what is its date?") == 1


async def forget(world: World) -> None:
    """Ask for a refund, and reset the thread while it waits."""
    thread = await world.asks("refund $29 on INV-1003")
    await world.card(thread)
    await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
    await world.slack.until(lambda: said(world, thread, "say reset once more"))
    await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
    await world.slack.until(lambda: said(world, thread, "Forgotten, as asked."))
    cards = [*world.cards_in(SUPPORT), *world.cards_in("C0FINANCE1")]
    await world.slack.until(lambda: all(ids(one) == ["details"] for one in cards))
    await world.slack.says(ANA, SUPPORT, "hello", thread_ts=thread)
    await world.slack.until(lambda: said(world, thread, "Here is what you can try"))


async def forgotten(world: World) -> None:
    """Nothing was paid, it was withdrawn once, and the model knows nothing of it."""
    assert world.refunds == []
    assert (await world.deeds()).count("withdrawn") == 1
    assert "refund $29" not in str(world.model.asked()[-1].body)


async def wait_in_vain(world: World) -> None:
    """Ask for money that nobody decides on in time."""
    thread = await world.asks("refund $29 on INV-1003")
    await world.slack.until(lambda: said(world, thread, "was not made. Nobody decided"))
    cards = [*world.cards_in(SUPPORT), *world.cards_in("C0FINANCE1")]
    await world.slack.until(lambda: all("*Expired*" in one.shown for one in cards))


async def expired(world: World) -> None:
    """It was closed once, and nothing was paid."""
    assert world.refunds == []
    assert (await world.deeds()).count("expired") == 1


def said(world: World, thread: str, words: str) -> list[Message]:
    return [m for m in world.done(thread) if words in m.shown]


STORIES = {
    "a refund": Story(pay, paid),
    "a chat": Story(chat, chatted),
    "a reset": Story(forget, forgotten),
    "a deadline": Story(wait_in_vain, expired, ttl=timedelta(seconds=3)),
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
async def test_whichever_write_the_worker_dies_at_it_ends_as_if_nothing_had_happened(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, story: Story, after: bool
) -> None:
    monkeypatch.setattr("bot.wiring.worker_parts.Inbox", MortalInbox)
    monkeypatch.setattr("bot.slack.client.Calls", MortalCalls)
    monkeypatch.setattr(Settings, "approval_ttl", story.ttl)
    died: list[bool] = []
    for first in range(1, MOST + 1, AT_ONCE):
        if died and not died[-1]:
            break
        deaths = [Death(at, after=after) for at in range(first, first + AT_ONCE)]
        died += await asyncio.gather(
            *(asyncio.create_task(life(redis_server.url, death, story)) for death in deaths)
        )

    assert died[0]
    assert not died[-1], "there are more writes than deaths: raise MOST"
