"""Replicas that share what Slack allows, on a real Redis: two limiters, one budget."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from typing import cast

import pytest
from redis.asyncio import Redis

from bot.domain.errors import SlackBusy
from bot.domain.slack_pace import Rank, Turn
from bot.slack.client import Slack
from bot.slack.limiter import EDIT, POST, Limiter
from bot.slack.rate_limits import BURST, KEPT
from bot.slack.web_client import http_session, web_client
from bot.store import client
from bot.store.keys import Keys
from bot.store.slack_pace import RedisPace
from devkit.slack.server import SlackStandIn
from devkit.slack.workspace import BOT_USER
from tests.redis_server import RedisServer
from tests.unit.slack.clock import settle
from tests.world import MANIFEST

#: So many edits a minute that no test waits for one, and so few that none comes while it looks.
MANY, FEW = 60_000, 1


class Replicas:
    """Limiters on one Redis, under a prefix of their own."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.keys = Keys(f"t{secrets.token_hex(4)}", 4)
        self.waits: list[float] = []
        self.noted = asyncio.Event()

    def pace(self, redis: Redis | None = None, *, along: int = 0) -> RedisPace:
        """What one more replica shares."""
        # Turns that were taken along hold in no time at all.
        ticks = (lambda: 0.0) if along else asyncio.get_running_loop().time
        return RedisPace(
            redis or self.redis,
            self.keys,
            replica=secrets.token_hex(4),
            ticks=ticks,
            burst=BURST,
            kept=KEPT,
            along=along,
        )

    def limiter(self, edits: int = FEW, *, pace: RedisPace | None = None) -> Limiter:
        """One more replica's limiter."""
        ticks = asyncio.get_running_loop().time
        return Limiter(clock=ticks, sleep=self.wait, edits=edits, posts=edits, shared=pace or self.pace())

    async def leaves(self, tokens: int) -> None:
        """Let so many edits be left for all."""
        key, at = self.keys.slack_calls(EDIT, "")[0], await self.now()
        await self.redis.hset(key, mapping={"tokens": tokens, "at": at})  # pyright: ignore[reportGeneralTypeIssues]

    async def now(self) -> int:
        """Milliseconds, by Redis' clock."""
        seconds, micros = await self.redis.time()
        return int(seconds) * 1000 + int(micros) // 1000

    async def wait(self, seconds: float) -> None:
        """Note for how long a call would wait, and wait for ever."""
        self.waits.append(seconds)
        self.noted.set()
        await asyncio.Event().wait()

    async def waits_for(self, limiter: Limiter, message: str = "") -> float:
        """How many seconds a live edit is told to wait first; 0 where it had its turn."""
        self.waits.clear()
        self.noted.clear()
        tasks = [asyncio.create_task(limiter.live(message=message)), asyncio.create_task(self.noted.wait())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return self.waits[0] if self.waits else 0.0


@pytest.fixture
async def replicas(redis_server: RedisServer) -> AsyncGenerator[Replicas]:
    async with client.connect(redis_server.url) as redis:
        yield Replicas(redis)


def edit(rank: Rank = Rank.LIVE, message: str = "", per_minute: int = FEW) -> Turn:
    return Turn(EDIT, "", rank, per_minute, message, 1.0 if message else 0.0)


async def test_two_replicas_have_the_edits_of_one(replicas: Replicas) -> None:
    one, other = replicas.limiter(), replicas.limiter()
    for number in range(BURST - KEPT):
        await (one, other)[number % 2].live()

    assert await replicas.waits_for(one) == pytest.approx(60, abs=1)
    assert await replicas.waits_for(other) == pytest.approx(60, abs=1)
    await other.urgent(EDIT)  # for a card there is room all the same
    assert await replicas.waits_for(one) == pytest.approx(120, abs=1)


async def test_turns_are_taken_along_while_there_are_plenty_and_counted_for_all(replicas: Replicas) -> None:
    pace, other = replicas.pace(along=2), replicas.limiter()
    one = replicas.limiter(pace=pace)
    for _ in range(BURST - KEPT):
        await one.live()

    assert pace.asked == 3 + 6  # three at a time until half of the burst is left, then each by itself
    assert await replicas.waits_for(other) == pytest.approx(60, abs=1)


async def test_when_a_message_was_edited_last_is_asked_for_each_time(replicas: Replicas) -> None:
    pace = replicas.pace(along=2)
    for number in range(3):
        await pace.ask(edit(Rank.REPLY, f"1.{number}"))

    assert pace.asked == 3


async def test_posts_of_a_channel_are_counted_together_and_of_another_apart(replicas: Replicas) -> None:
    one, other = replicas.limiter(), replicas.limiter()
    for _ in range(BURST - KEPT):
        await one.urgent(POST, "C1")

    assert not await other.has_room(POST, "C1")
    assert await other.has_room(POST, "C2")


async def test_a_refusal_that_one_replica_sees_stops_the_other(replicas: Replicas) -> None:
    one, other = replicas.limiter(), replicas.limiter()
    await one.refused(EDIT, 30)
    await one.refused(EDIT, 2)  # a shorter one does not cut the longer short
    await one.refused("users.info", 40)

    assert await replicas.waits_for(other) == pytest.approx(30, abs=1)
    for method in (EDIT, "users.info"):
        with pytest.raises(SlackBusy):
            await other.urgent(method)
    await other.urgent("users.list")
    await other.urgent(POST, "C1")


async def test_a_429_is_told_to_all_replicas(replicas: Replicas) -> None:
    stand_in = SlackStandIn(MANIFEST)
    await stand_in.start()
    try:
        stand_in.fault("chat.update", status=429, retry_after=30)
        async with http_session(stand_in.api_url) as session:
            web = web_client(stand_in.bot_token, base_url=stand_in.api_url, session=session)
            slack = Slack(web, replicas.limiter(), me=BOT_USER)
            with pytest.raises(SlackBusy):
                await slack.update("C1", "1.1", text="a")
    finally:
        await stand_in.stop()

    with pytest.raises(SlackBusy):
        await replicas.limiter().urgent(EDIT)


async def test_of_posts_only_those_in_the_channel_are_stopped(replicas: Replicas) -> None:
    one, other = replicas.limiter(), replicas.limiter()
    await one.refused(POST, 30, "C1")

    await other.urgent(POST, "C2")
    with pytest.raises(SlackBusy):
        await other.reply(POST, "C1", "U1")


async def test_a_final_text_of_one_replica_overtakes_edits_of_the_other(replicas: Replicas) -> None:
    one, other = replicas.pace(), replicas.pace()

    async def asked(pace: RedisPace, rank: Rank) -> bool:
        told = await pace.ask(edit(rank))
        assert told is not None
        return told.wait <= 0

    await replicas.leaves(0)
    assert not await asked(one, Rank.REPLY)
    await replicas.leaves(BURST)  # enough for either; the one that goes first has asked before
    assert not await asked(other, Rank.LIVE)
    assert await asked(other, Rank.CARD)
    assert await asked(one, Rank.REPLY)
    assert await asked(other, Rank.LIVE)


async def test_what_a_replica_that_died_had_waited_for_is_free_again(replicas: Replicas) -> None:
    redis, dead, alive = replicas.redis, replicas.pace(), replicas.limiter()
    await replicas.leaves(0)
    await dead.ask(edit(Rank.REPLY))
    await replicas.leaves(BURST)
    assert await replicas.waits_for(alive) == pytest.approx(0.25)  # it looks again then

    line = replicas.keys.slack_calls(EDIT, "")[1]
    for place, until in cast("list[tuple[bytes, float]]", await redis.zrange(line, 0, -1, withscores=True)):
        assert until <= await replicas.now() + 62_000 * (KEPT + 1)
        await redis.zadd(line, {place: await replicas.now()})  # that moment has come
    assert await replicas.waits_for(alive) == 0


async def test_a_message_is_edited_once_a_second_by_all_together(replicas: Replicas) -> None:
    one, other = replicas.limiter(MANY), replicas.limiter(MANY)
    await one.live(message="C1:1.1")

    assert await replicas.waits_for(other, "C1:1.1") == pytest.approx(1, abs=0.5)
    assert await replicas.waits_for(other, "C1:2.2") == 0


async def test_the_end_of_a_short_answer_waits_for_no_interval_of_its_message(replicas: Replicas) -> None:
    stand_in = SlackStandIn(MANIFEST)
    await stand_in.start()
    try:
        async with http_session(stand_in.api_url) as session:
            web = web_client(stand_in.bot_token, base_url=stand_in.api_url, session=session)
            slack = Slack(web, replicas.limiter(MANY), me=BOT_USER)
            posted, ts = await slack.deliver("C0SUPPORT1", thread_ts=None, text="Certainly")
            await replicas.limiter(MANY).live(message=f"{posted}:{ts}")
            ends = asyncio.create_task(
                slack.update(posted, ts, text="Certainly.", reply_to="U1", at_once=True)
            )
            waits = asyncio.create_task(replicas.noted.wait())
            await asyncio.wait([ends, waits], return_when=asyncio.FIRST_COMPLETED)
            for task in (ends, waits):
                task.cancel()
            await asyncio.gather(ends, waits, return_exceptions=True)
            assert replicas.waits == []
            assert stand_in.workspace.messages[posted][ts].text == "Certainly."
    finally:
        await stand_in.stop()


async def test_a_clock_that_was_set_back_makes_nobody_wait_longer(replicas: Replicas) -> None:
    one, other = replicas.pace(), replicas.pace()
    rate, _, edited = replicas.keys.slack_calls(EDIT, "")
    await one.ask(edit(message="C1:1.1"))
    await one.pause(EDIT, "", 3)
    seconds, _ = await replicas.redis.time()
    later = (int(seconds) + 3_600) * 1000
    await replicas.redis.hset(rate, mapping={"at": later, "until": later})  # pyright: ignore[reportGeneralTypeIssues]
    await replicas.redis.zadd(edited, {"C1:1.1": later})

    told = await other.ask(edit(message="C1:1.1"))
    assert told is not None
    assert told.wait <= 3


async def test_the_rate_goes_on_once_the_clock_was_set_back(replicas: Replicas) -> None:
    one = replicas.pace()
    await replicas.leaves(0)
    rate = replicas.keys.slack_calls(EDIT, "")[0]
    ahead = await replicas.now() + 3_600_000
    await replicas.redis.hset(rate, "at", str(ahead))

    await one.ask(edit(per_minute=MANY))
    at = await replicas.redis.hget(rate, "at")  # from when on it is counted
    assert float(at or ahead) <= await replicas.now()


async def test_without_redis_each_replica_goes_on_alone_and_asks_again_later(replicas: Replicas) -> None:
    async with client.connect("redis://127.0.0.1:1") as nowhere:
        pace = replicas.pace(nowhere)
        limiter = replicas.limiter(pace=pace)
        for _ in range(BURST - KEPT):
            await limiter.live()
        await limiter.refused(POST, 30, "C1")

        assert pace.asked == 1  # and no edit waited for an answer each time
        assert await replicas.waits_for(limiter) == pytest.approx(60, abs=1)
        with pytest.raises(SlackBusy):
            await limiter.urgent(POST, "C1")
    await settle()


async def test_nothing_of_it_stays_for_ever(replicas: Replicas) -> None:
    one = replicas.pace()
    await one.ask(edit(message="C1:1.1"))
    await one.pause(EDIT, "", 30)
    await one.ask(edit(Rank.REPLY))

    for key in replicas.keys.slack_calls(EDIT, ""):
        assert 0 < await replicas.redis.pttl(key) <= 3_660_000
