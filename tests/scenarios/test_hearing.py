"""What a deaf socket missed is found by whoever starts next; who spoke in a thread nobody knows is not forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.agents.tools.made_under import made_under
from bot.connection import backfill
from bot.connection.backfill import UNPROVEN, Backfill
from bot.connection.lost_cards import LostCards
from bot.connection.orphans import Orphans
from bot.domain.errors import SlackUnavailable, Starved
from bot.domain.events import StopRequested
from bot.domain.tasks import in_background
from bot.domain.thread import ThreadRef
from bot.handlers.intake import Intake
from bot.slack.client import Slack
from bot.slack.limiter import Limiter
from bot.slack.me import Me
from bot.slack.reply_mark import ReplyMark
from bot.slack.web_client import web_client
from bot.store import client
from bot.store.claim import Claim
from bot.store.epoch import Epoch
from bot.store.follow_ups import FollowUps
from bot.store.hearing import Hearing
from bot.store.inbox import Appended, Inbox
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.telemetry.metrics import Metrics
from bot.wiring.app import real_sources
from countersign.teams.support.billing_client import BillingClient
from devkit.slack.server import PATIENCE
from devkit.slack.workspace import BOT_USER, TEAM
from tests.monitoring import totals
from tests.world import ANA, MEI, SUPPORT, THEO, World

#: How long after one look the next one is.
LOOKS = timedelta(seconds=20)


class Clock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Replica:
    """The part of a replica that looks up what was missed; its clock is moved by the test."""

    world: World
    redis: Redis
    slack: Slack
    intake: Intake
    hearing: Hearing
    follow_ups: FollowUps
    epoch: Epoch
    orphans: Orphans
    lost_cards: LostCards
    inbox: Inbox
    clock: Clock
    metrics: Metrics = field(default_factory=Metrics)
    names: list[str] = field(default_factory=list[str])

    def starts(self) -> Backfill:
        """A process of its own: it knows only what Redis knows."""
        self.names.append(f"replica-{len(self.names)}")
        return Backfill(
            self.slack,
            self.intake,
            self.hearing,
            self.follow_ups,
            self.epoch,
            self.orphans,
            self.lost_cards,
            replica=self.names[-1],
            longest_gap=timedelta(seconds=30),
            clock=self.clock,
            metrics=self.metrics,
        )

    async def passes(self, time: timedelta) -> None:
        """Let everything in Redis and in Slack have been so much earlier."""
        self.clock.now += time.total_seconds()
        keys = self.world.keys
        if (heard := await self.redis.get(keys.heard())) is not None:
            await self.redis.set(keys.heard(), float(heard) - time.total_seconds())
        hearers: Any = await self.redis.zrange(keys.hearers(), 0, -1)
        for name in hearers:
            await self.redis.zincrby(keys.hearers(), -time.total_seconds(), name)

    async def goes_by(self, time: timedelta, *, deaf: Sequence[Backfill], hearing: Sequence[Backfill]) -> int:
        """Let time pass while replicas look, some of which hear nothing; returns what they found."""
        found = 0
        for step in range(1, time // LOOKS + 1):
            await self.passes(LOOKS)
            found += sum([await one.look(0) for one in hearing])
            found += sum([await one.look(step * LOOKS.total_seconds()) for one in deaf])
        return found

    async def behind(self) -> float:
        """How many seconds ago the bot last heard for sure."""
        since = await self.hearing.since()
        assert since is not None
        return (await self.hearing.now() - since).total_seconds()


@pytest.fixture
async def replica(world: World) -> AsyncGenerator[Replica]:
    """One that shares the world's Redis."""
    async with client.connect(world.redis_url) as redis, aiohttp.ClientSession() as session:
        web = web_client(world.slack.bot_token, base_url=world.slack.api_url, session=session)
        settings, sealer = world.settings(), Sealer([world.key])
        inbox = Inbox(redis, world.keys, sealer, dedupe_ttl=settings.dedupe_ttl, lease=timedelta(seconds=3))
        follow_ups, clock = FollowUps(redis, world.keys), Clock()
        me = Me(TEAM, BOT_USER, "https://acme.slack.com/")
        threads = ThreadStore(redis, world.keys, sealer)
        intake = Intake(inbox, threads, me, {}, real_sources().now, follow_ups)
        limiter = Limiter(clock=clock, sleep=_no_time)
        slack = Slack(web, limiter, me=BOT_USER)
        made = Replica(
            world,
            redis,
            slack,
            intake,
            Hearing(redis, world.keys),
            follow_ups,
            Epoch(redis, world.keys),
            Orphans(slack, limiter, inbox, threads),
            LostCards(
                slack,
                threads,
                inbox,
                made_under([], BillingClient(session, "", "")),
                Epoch(redis, world.keys),
            ),
            inbox,
            clock,
        )
        await made.epoch.since(lived_before=False)
        yield made


async def _no_time(seconds: float) -> None:
    raise AssertionError(f"nobody waits here, least of all {seconds} s")


async def missed(world: World, text: str = "show me INV-1004") -> str:
    """Say something to the bot that no socket brings."""
    ts = await world.asks(text)
    world.slack.gives_up()
    return ts


async def test_what_a_deaf_replica_missed_is_found_by_the_next_one(world: World, replica: Replica) -> None:
    deaf = replica.starts()
    await deaf.look(0)
    await missed(world)
    assert await replica.goes_by(timedelta(minutes=20), deaf=[deaf], hearing=[]) == 0
    assert await replica.behind() == pytest.approx(20 * 60, abs=30)

    assert await replica.starts().look(0) == 1


@pytest.mark.parametrize("error", [RuntimeError(), Starved(), RedisError()], ids=repr)
async def test_whatever_a_look_ends_in_the_next_one_is_made(
    world: World, replica: Replica, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(backfill, "BEAT", 0.01)
    failures = [error]

    async def unproven() -> float:
        if failures:
            raise failures.pop()
        return 0.0

    await replica.starts().look(0)
    thread = await missed(world)
    await replica.passes(timedelta(minutes=20))
    async with in_background(replica.starts().watch(unproven)):
        async with asyncio.timeout(PATIENCE):
            while not await replica.inbox.waits(ThreadRef(TEAM, SUPPORT, thread)):
                await world.moment()
    assert failures == []


async def test_a_replica_that_hears_vouches_for_itself_alone(world: World, replica: Replica) -> None:
    deaf, hearing = replica.starts(), replica.starts()
    for one in (deaf, hearing):
        await one.look(0)
    await missed(world)
    assert await replica.goes_by(timedelta(minutes=20), deaf=[deaf], hearing=[hearing]) == 0
    assert await replica.behind() == pytest.approx(20 * 60, abs=30)

    assert await replica.starts().look(0) == 1


async def test_who_hears_on_all_sockets_reads_no_history(world: World, replica: Replica) -> None:
    one = replica.starts()
    await one.look(0)
    await replica.goes_by(timedelta(hours=1), deaf=[], hearing=[one])

    assert await replica.behind() < 30
    assert [call.method for call in world.slack.calls] == []


async def test_a_quiet_workspace_is_read_once_in_a_while(world: World, replica: Replica) -> None:
    one = replica.starts()
    await one.look(0)
    await replica.goes_by(timedelta(hours=2, minutes=10), deaf=[one], hearing=[])

    assert [call.method for call in world.slack.calls].count("users.conversations") == 4
    assert await replica.behind() <= UNPROVEN.total_seconds()


async def test_a_gap_that_could_not_be_filled_is_still_a_gap_for_everybody(
    world: World, replica: Replica
) -> None:
    await replica.starts().look(0)
    await missed(world)
    await replica.passes(timedelta(minutes=5))
    world.slack.fault("users.conversations", error="internal_error", times=3)
    with pytest.raises(AssertionError, match="nobody waits"):
        await replica.starts().look(0)
    world.slack.heal()
    replica.clock.now += 60

    assert await replica.starts().look(0) == 1
    assert totals(replica.metrics) == {"backfills_total": 1, "backfilled_messages_total": 1}


async def test_a_replica_that_could_not_look_for_a_while_reads_what_was_said_meanwhile(
    world: World, replica: Replica
) -> None:
    one = replica.starts()
    await one.look(0)
    await missed(world)
    await replica.passes(timedelta(minutes=2))  # no socket was open, or Redis was away

    assert await one.look(0) == 1


def thread(ts: str) -> ThreadRef:
    return ThreadRef(TEAM, SUPPORT, ts)


async def told(replica: Replica, ts: str, root: str) -> Appended | None:
    """Let a message of a thread arrive."""
    message = replica.world.slack.workspace.messages[SUPPORT][ts]
    event = {"type": "message", "channel": SUPPORT, "user": message.user, "ts": ts}
    return await replica.intake.message(event | {"text": message.text, "thread_ts": root}, delivery_id=ts)


async def test_a_follow_up_to_a_mention_that_was_refused_is_answered_and_so_is_the_mention(
    world: World, replica: Replica
) -> None:
    root = await missed(world)
    more = await world.slack.says(ANA, SUPPORT, "and its date?", thread_ts=root)
    assert await told(replica, more, root) is Appended.UNKNOWN_THREAD

    assert await replica.starts().settle_follow_ups() == 2
    assert await replica.follow_ups.waiting() == {}
    assert await told(replica, more, root) is Appended.DUPLICATE


async def test_a_mention_in_the_middle_of_a_thread_counts_from_there(world: World, replica: Replica) -> None:
    root = await world.slack.says(THEO, SUPPORT, "what do you all think?")
    await world.slack.says(MEI, SUPPORT, "nothing", thread_ts=root)
    await world.asks("show me INV-1004", thread=root)
    more = await world.slack.says(ANA, SUPPORT, "and its date?", thread_ts=root)
    await told(replica, more, root)

    assert await replica.starts().settle_follow_ups() == 2


async def test_a_thread_between_people_is_none_of_the_bots_business(world: World, replica: Replica) -> None:
    root = await world.slack.says(THEO, SUPPORT, "what do you all think?")
    more = await world.slack.says(MEI, SUPPORT, "nothing", thread_ts=root)
    await told(replica, more, root)

    assert await replica.starts().settle_follow_ups() == 0
    assert await replica.follow_ups.waiting() == {}


async def test_a_follow_up_waits_until_slack_can_be_asked(world: World, replica: Replica) -> None:
    root = await missed(world)
    more = await world.slack.says(ANA, SUPPORT, "and its date?", thread_ts=root)
    await told(replica, more, root)
    world.slack.revoke()
    with pytest.raises(SlackUnavailable):
        await replica.starts().settle_follow_ups()
    assert await replica.follow_ups.waiting() == {thread(root): [more]}
    world.slack.restore()

    assert await replica.starts().settle_follow_ups() == 2


async def test_words_below_a_card_are_not_for_the_bot(world: World, replica: Replica) -> None:
    card = {"event_type": "countersign_card", "event_payload": {"approval_id": "00-x"}}
    root = await replica.slack.post(SUPPORT, thread_ts=None, text="card", metadata=card)
    more = await world.slack.says(MEI, SUPPORT, "is this right?", thread_ts=root)
    await told(replica, more, root)

    assert await replica.starts().settle_follow_ups() == 0


async def test_a_thread_that_redis_lost_is_known_by_the_bots_own_answer(
    world: World, replica: Replica
) -> None:
    root = await missed(world)
    answer = {"event_id": f"msg:{SUPPORT}:{root}", "part": 0, "final": True}
    mark = {"event_type": "countersign_reply", "event_payload": answer}
    await replica.slack.post(SUPPORT, thread_ts=root, text="INV-1004: Juniper Labs", metadata=mark)
    more = await world.slack.says(ANA, SUPPORT, "and its date?", thread_ts=root)
    await told(replica, more, root)

    assert await replica.starts().settle_follow_ups() == 1  # the follow-up; the mention is answered


async def test_what_slack_shows_an_answer_to_is_not_answered_again(world: World, replica: Replica) -> None:
    await replica.starts().look(0)
    done, begun = await missed(world), await missed(world)
    for root, is_final in ((done, True), (begun, False)):
        answer = {"event_id": f"msg:{SUPPORT}:{root}", "part": 0, "final": is_final}
        mark = {"event_type": "countersign_reply", "event_payload": answer}
        await replica.slack.post(SUPPORT, thread_ts=root, text="Thinking …", metadata=mark)
    await replica.passes(timedelta(minutes=5))

    assert await replica.starts().look(0) == 1
    assert await replica.redis.zcard(world.keys.inbox(thread(begun))) == 1
    assert await replica.redis.zcard(world.keys.inbox(thread(done))) == 0


async def replied(
    replica: Replica, root: str, event_id: str, *, is_final: bool, also: tuple[str, ...] = ()
) -> str:
    """Let a reply of the bot's stand in a thread."""
    mark = ReplyMark(event_id, 0, is_final, also=also).metadata()
    return await replica.slack.post(SUPPORT, thread_ts=root, text="Thinking …", metadata=mark)


async def test_what_was_begun_is_taken_over(world: World, replica: Replica) -> None:
    await replica.starts().look(0)
    root = await missed(world)
    await replied(replica, root, f"msg:{SUPPORT}:{root}", is_final=False)
    await replica.passes(timedelta(minutes=5))
    await replica.starts().look(0)

    claim = await replica.inbox.claim("worker")
    assert isinstance(claim, Claim)
    assert (claim.thread, claim.tries) == (thread(root), 2)


async def test_a_reply_that_somebody_works_on_is_left_alone(world: World, replica: Replica) -> None:
    root = await missed(world)
    event_id = f"stop:{root}"
    begun = await replied(replica, root, event_id, is_final=False)
    await replica.inbox.append(thread(root), StopRequested(ANA), event_ids=(event_id,))
    await replica.orphans.close(thread(root), [event_id])

    assert world.slack.workspace.messages[SUPPORT][begun].text == "Thinking …"


async def test_a_reply_that_was_finished_meanwhile_is_left_alone(world: World, replica: Replica) -> None:
    root = await missed(world)
    done = await replied(replica, root, "click:00-x:U1:1.1", is_final=True)
    lost = await replied(replica, root, "click:00-y:U1:1.1", is_final=False)
    await replica.orphans.close(thread(root), ["click:00-x:U1:1.1", "click:00-y:U1:1.1"])

    messages = world.slack.workspace.messages[SUPPORT]
    assert messages[done].text == "Thinking …"
    assert "What I remember was set back" in messages[lost].shown


@pytest.mark.parametrize("is_final", [True, False])
async def test_a_lost_reply_to_what_another_has_read_is_taken_back(
    world: World, replica: Replica, is_final: bool
) -> None:
    root = await missed(world)
    event_id = f"msg:{SUPPORT}:1.1"
    lost = await replied(replica, root, event_id, is_final=False)
    other = await replied(replica, root, f"msg:{SUPPORT}:{root}", is_final=is_final, also=(event_id,))
    await replica.orphans.close(thread(root), [event_id])

    messages = world.slack.workspace.messages[SUPPORT]
    assert lost not in messages
    assert messages[other].text == "Thinking …"
