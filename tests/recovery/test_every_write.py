"""A bot dies right before, or right after, each single write of an approval's life."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import pytest

from bot.audit import Verifier
from bot.errors import LeaseLost, SlackUnavailable
from bot.slack.client import Slack
from bot.store.inbox import Claim, Inbox, Renewal
from devkit.slack.workspace import Message
from tests.redis_server import RedisServer
from tests.world import MEI, OMAR, SUPPORT, World, ids
from tests.world import world as make_world

#: No life of a refund has more writes of its thread than this; a test fails where it has.
MOST = 24
#: How many lives are lived at the same time.
AT_ONCE = 8


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

    async def claim(self, owner: str) -> Claim | float | None:
        if self.death is not None and self.death.came.is_set():
            await self.death.wait()
        return await super().claim(owner)

    async def renew(self, claim: Claim) -> Renewal:
        if self.death is not None and self.death.came.is_set():
            await self.death.wait()
        return await super().renew(claim)

    async def _commit(self, claim: Claim, *arguments: Any, **options: Any) -> list[Any]:
        death = self.death
        if death is None or claim.thread.is_home:
            return await super()._commit(claim, *arguments, **options)
        death.writes += 1
        if death.came.is_set() or death.writes == death.at:
            if death.after and not death.came.is_set():
                await super()._commit(claim, *arguments, **options)
            await death.wait()
        return await super()._commit(claim, *arguments, **options)


class MortalSlack(Slack):
    """The mouth of a worker whose death is fixed: the dead say nothing."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.death = COMING.get()

    async def _call(self, method: str, call: Callable[[], Awaitable[Any]]) -> Any:
        if self.death is not None and self.death.came.is_set():
            with contextlib.suppress(LeaseLost):
                await self.death.wait()
            raise SlackUnavailable(method)
        return await super()._call(method, call)


async def life(redis_url: str, death: Death) -> bool:
    """Ask, edit, approve, pay, with a worker that dies and one that takes over; False if it lived."""
    async with make_world(redis_url) as world:
        COMING.set(death)
        async with world.bot(DRAIN_SECONDS="0"):
            COMING.set(None)
            try:
                await lived(world, death)
            finally:
                death.over.set()
        await check(world)
    return death.came.is_set()


async def lived(world: World, death: Death) -> None:
    """Let people act; once the first worker has died, another one takes over."""
    people = asyncio.create_task(act(world))
    dying = asyncio.create_task(death.came.wait())
    await asyncio.wait({people, dying}, return_when=asyncio.FIRST_COMPLETED)
    dying.cancel()
    if not death.came.is_set():
        await people
        return
    async with world.bot():
        await people


async def act(world: World) -> None:
    """What people do, whatever the bots go through."""
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    await world.edits(OMAR, card, amount="25.00")
    await world.slack.until(lambda: "*Changed* by" in card.shown, timeout=30)
    await world.approves(MEI, card)
    await world.slack.until(lambda: answered(world, thread) or question(world, thread), timeout=30)
    if (asked := question(world, thread)) and not answered(world, thread):
        said = "happened" if world.refunds else "try_again"
        await world.slack.clicks(OMAR, asked.channel, asked.ts, said)
        await world.told(OMAR, "or had a hand in it")  # he changed the call
        await world.slack.clicks(MEI, asked.channel, asked.ts, said)
        await world.slack.until(lambda: answered(world, thread), timeout=30)
    cards = [*world.cards_in(SUPPORT), *world.cards_in("C0FINANCE1")]
    await world.slack.until(lambda: all(ids(one) == ["details"] for one in cards), timeout=30)


def answered(world: World, thread: str) -> list[Message]:
    words = ("Done: I refunded", "did happen")
    return [m for m in world.done(thread) if any(word in m.shown for word in words)]


def question(world: World, thread: str) -> Message | None:
    return next((m for m in world.replies(thread) if "happened" in ids(m)), None)


async def check(world: World) -> None:
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


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_whichever_write_the_worker_dies_at_the_refund_happens_once(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    monkeypatch.setattr("bot.app.Inbox", MortalInbox)
    monkeypatch.setattr("bot.app.Slack", MortalSlack)
    died: list[bool] = []
    for first in range(1, MOST + 1, AT_ONCE):
        deaths = [Death(at, after=after) for at in range(first, first + AT_ONCE)]
        died += await asyncio.gather(
            *(asyncio.create_task(life(redis_server.url, death)) for death in deaths)
        )

    assert died[0]
    assert not died[-1], "there are more writes than deaths: raise MOST"
