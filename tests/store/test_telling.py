"""A thread is taken only to say there that it takes long: its message keeps its place, and is not tried by that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import cast

import pytest

from bot.background.answer_times import AnswerTimes
from bot.background.long_waits import LongWaits
from bot.background.slots import Slots
from bot.domain.duty import Duty
from bot.domain.events import DecisionMade, MessageReceived
from bot.domain.roster import Register, Replica
from bot.domain.thread import ThreadRef
from bot.slack.client import Slack
from bot.slack.limiter import POST, Limiter
from bot.store import client
from bot.store.claim import SOMEWHERE, Claim
from bot.store.line import Line
from bot.store.writes import Writes
from bot.wiring.app import real_sources
from tests.factories import ANA, MEI, OMAR, TEAM
from tests.redis_server import RedisServer
from tests.store.in_line import FULL, a_click, a_thread
from tests.store.in_line import Line as Engine


@pytest.fixture(params=[1, 4], ids=["one shard", "four shards"])
async def engine(redis_server: RedisServer, request: pytest.FixtureRequest) -> AsyncGenerator[Engine]:
    async with client.connect(redis_server.url) as redis:
        yield Engine(redis, shards=request.param)


async def tell(engine: Engine, thread: ThreadRef, ts: str = "9.9") -> None:
    claim = await engine.inbox.claim_to_tell(thread, "x")
    assert claim is not None
    await engine.inbox.told(claim, ts)


async def test_who_was_told_keeps_the_place_and_whoever_claims_knows_where_it_was_said(
    engine: Engine,
) -> None:
    first, second = a_thread("a"), a_thread("b")
    await engine.asks(ANA, first)
    await engine.asks(MEI, second)
    places = await engine.places()
    await tell(engine, first)

    assert await engine.places() == places
    claims = [await engine.claims() for _ in range(2)]
    assert {claim.thread: (claim.told, claim.tries) for claim in claims} == {
        first: ("9.9", 1),
        second: ("", 1),
    }


async def test_a_thread_is_told_once_until_it_has_come_to_rest(engine: Engine) -> None:
    thread = a_thread("a")
    for _ in range(2):
        await engine.asks(ANA, thread)
    await tell(engine, thread)
    assert await engine.inbox.claim_to_tell(thread, "x") is None
    await engine.inbox.commit(await engine.claims(), Writes())
    assert await engine.inbox.claim_to_tell(thread, "x") is None
    second = await engine.claims()
    assert second.told == ""
    await engine.inbox.commit(second, Writes())

    await engine.asks(ANA, thread)
    assert await engine.inbox.claim_to_tell(thread, "x") is not None


async def test_nobody_claims_while_it_is_told(engine: Engine) -> None:
    await engine.asks(ANA, a_thread("a"))
    assert await engine.inbox.claim_to_tell(a_thread("a"), "x") is not None

    assert not isinstance(await engine.inbox.claim("y"), Claim)
    assert await engine.inbox.claim_to_tell(a_thread("a"), "z") is None


async def test_only_a_message_that_waits_and_was_not_begun_is_told_of(engine: Engine) -> None:
    thread = a_thread("a")
    assert await engine.inbox.claim_to_tell(thread, "x") is None
    await engine.asks(ANA, thread)
    claim = await engine.claims()
    assert await engine.inbox.claim_to_tell(thread, "x") is None
    await engine.inbox.release(claim)
    assert await engine.inbox.claim_to_tell(thread, "x") is None

    await engine.asks(ANA, a_thread("b"))
    await engine.happens(a_thread("b"), a_click())
    assert await engine.inbox.claim_to_tell(a_thread("b"), "x") is None


async def test_a_click_while_it_is_told_goes_ahead_and_the_message_waits_on(engine: Engine) -> None:
    thread = a_thread("a")
    await engine.asks(ANA, thread)
    claim = await engine.inbox.claim_to_tell(thread, "x")
    assert claim is not None
    await engine.happens(thread, a_click())
    await engine.inbox.told(claim, "9.9")

    click = await engine.claims(FULL)
    assert isinstance(click.event, DecisionMade)
    assert click.told == ""
    await engine.inbox.commit(click, Writes())
    message = await engine.claims()
    assert isinstance(message.event, MessageReceived)
    assert message.told == "9.9"


async def test_where_it_died_while_it_told_the_place_is_kept_and_what_was_said_is_looked_for(
    redis_server: RedisServer,
) -> None:
    async with client.connect(redis_server.url) as redis:
        engine = Engine(redis, shards=2, lease=0.02)
        thread = a_thread("a")
        await engine.asks(ANA, thread)
        [(_, _, before)] = await engine.places()
        assert await engine.inbox.claim_to_tell(thread, "x") is not None
        await engine.asks(OMAR, a_thread("b"))
        lapses = await redis.zscore(engine.keys.due(engine.keys.shard(thread)), str(thread))
        assert lapses is not None
        await engine.passes(lapses)
        claim = await engine.claims()

        assert (claim.thread, claim.told, claim.tries) == (thread, SOMEWHERE, 1)
        assert not await redis.hexists(engine.keys.row(thread), "place")  # pyright: ignore[reportGeneralTypeIssues]
        assert before < 0


async def test_a_message_that_comes_after_it_died_while_it_told_does_not_cost_the_place(
    redis_server: RedisServer,
) -> None:
    async with client.connect(redis_server.url) as redis:
        engine = Engine(redis, shards=1, lease=0.02)
        await engine.asks(ANA, a_thread("a"))
        [(_, member, before)] = await engine.places()
        assert await engine.inbox.claim_to_tell(a_thread("a"), "x") is not None
        [(_, _, lapses)] = await engine.places()
        await engine.passes(lapses)
        await engine.asks(ANA, a_thread("a"))

        assert (await engine.places())[0][1:] == (member, before)


async def test_the_line_is_read_in_the_order_of_its_places_behind_runs_that_go_on(engine: Engine) -> None:
    line = Line(engine.redis, engine.keys)
    assert await line.read() == []
    await engine.happens(a_thread("run"), a_click())
    await engine.inbox.release_to_run(await engine.claims(FULL))
    for name in ("a", "b", "c"):
        await engine.asks(ANA, a_thread(name))
    await engine.happens(a_thread("click"), a_click())

    read = await line.read()
    assert [one.ahead for one in read] == [1, 2, 3]
    assert [one.since for one in read] == sorted(one.since for one in read)
    assert {one.thread for one in read} == {a_thread(name) for name in ("a", "b", "c")}

    await tell(engine, read[1].thread)
    assert await line.untold(await line.read()) == [read[0], read[2]]
    assert await line.untold([]) == []


async def at_once(_: float) -> None:
    """Wait for nothing."""


def telling(engine: Engine, *, slots: int) -> LongWaits:
    """What would tell everybody who waits, at once; Slack is not there to be told anything."""
    replica = Replica("r1", "host", 4, TEAM, "U1", "p", slots=slots)

    async def roster() -> Register:
        return Register(1, None, (replica,))

    async def is_for_us(*_: object) -> bool:
        return True

    loop = asyncio.get_running_loop()
    return LongWaits(
        Line(engine.redis, engine.keys),
        engine.inbox,
        cast("Slack", None),
        Limiter(clock=loop.time, sleep=at_once),
        roster=roster,
        times=AnswerTimes(loop.time),
        slots=Slots(runs=1, overtaking=1, times=AnswerTimes(loop.time)),
        duty=Duty(),
        patience=timedelta(microseconds=1),
        sources=real_sources(),
        is_for_us=is_for_us,
    )


async def test_nobody_is_told_beside_a_replica_of_an_earlier_release(engine: Engine) -> None:
    await engine.asks(ANA, a_thread("a"))
    await engine.ages(timedelta(minutes=1))
    await telling(engine, slots=0).look()

    assert (await engine.claims()).told == ""


async def test_nobody_is_told_while_slack_has_no_room_for_it(engine: Engine) -> None:
    await engine.asks(ANA, a_thread("a"))
    await engine.ages(timedelta(minutes=1))
    at_work = telling(engine, slots=8)
    while await at_work._limiter.has_room(POST, "C7"):
        await at_work._limiter.urgent(POST, "C7")
    await at_work.look()

    assert (await engine.claims()).told == ""
