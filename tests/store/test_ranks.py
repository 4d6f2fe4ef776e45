"""Who is claimed next on a real Redis: what overtakes, who goes first, each one's share."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.events import (
    DecisionMade,
    Event,
    ExpiryDue,
    HomeOpened,
    MessageReceived,
    ResetRequested,
    ResetVia,
    RetryRequested,
    StopRequested,
)
from bot.domain.rank import Holding
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.claim import Claim
from bot.store.ranks import look
from bot.store.writes import Writes
from tests.factories import ANA, MEI, OMAR, TEAM, THEO
from tests.redis_server import RedisServer
from tests.store.in_line import EIGHT, FAR_OFF, FULL, LONG_AGO, Line, a_click, a_thread


@pytest.fixture(params=[1, 4], ids=["one shard", "four shards"])
async def line(redis_server: RedisServer, request: pytest.FixtureRequest) -> AsyncGenerator[Line]:
    async with client.connect(redis_server.url) as redis:
        yield Line(redis, shards=request.param)


OVERTAKING: list[Event] = [
    a_click(),
    ResetRequested(OMAR, ResetVia.MENTION, "1795435200.000100"),
    StopRequested(OMAR),
    RetryRequested(OMAR, "e1"),
    ExpiryDue("00-a"),
]


@pytest.mark.parametrize("event", OVERTAKING, ids=lambda event: event.kind)
async def test_what_overtakes_is_claimed_before_a_flood_in_every_shard(line: Line, event: Event) -> None:
    await line.floods(ANA, 60)
    for number in range(8):
        await line.happens(a_thread(str(number)), event)

    assert {type((await line.claims(holding)).event) for holding in [EIGHT, FULL] * 4} == {type(event)}


async def test_a_home_goes_before_messages_and_behind_clicks(line: Line) -> None:
    await line.floods(ANA, 20)
    await line.happens(ThreadRef.home(TEAM, THEO), HomeOpened(THEO))
    await line.happens(a_thread("a"), a_click())

    assert [type((await line.claims(FULL)).event) for _ in range(2)] == [DecisionMade, HomeOpened]


async def test_a_slot_for_what_overtakes_takes_no_message_and_does_not_ask_again_at_once(line: Line) -> None:
    await line.asks(ANA, a_thread("a"))

    assert await line.inbox.claim("x", FULL) is None
    assert (await line.claims()).asker == ANA


async def test_a_thread_whose_click_is_done_waits_with_its_message_for_another_slot(line: Line) -> None:
    await line.asks(ANA, a_thread("a"))
    await line.happens(a_thread("a"), a_click())
    click = await line.claims(FULL)
    assert isinstance(click.event, DecisionMade)
    await line.inbox.commit(click, Writes())

    assert await line.inbox.claim("x", FULL) is None
    assert isinstance((await line.claims()).event, MessageReceived)


async def test_a_deadline_rings_in_a_slot_for_what_overtakes(line: Line) -> None:
    await line.inbox.schedule(a_thread("a"), ExpiryDue("00-a"), event_id="t", at=LONG_AGO)

    assert (await line.claims(FULL)).event == ExpiryDue("00-a")


async def test_a_deadline_is_not_hidden_by_a_message_that_waits_in_its_thread(line: Line) -> None:
    await line.asks(ANA, a_thread("a"))
    claim = await line.claims()
    await line.asks(ANA, a_thread("a"))
    # The message gets in line with this commit; the timer is the thread's next one, and moved behind it.
    await line.inbox.commit(claim, Writes().timer("t", ExpiryDue("00-a"), at=FAR_OFF))
    await line.inbox.schedule(a_thread("a"), ExpiryDue("00-a"), event_id="t", at=LONG_AGO)

    assert (await line.claims(FULL)).event == ExpiryDue("00-a")


async def test_a_timer_that_was_kept_beside_a_place_in_line_rings_at_its_moment(line: Line) -> None:
    await line.asks(ANA, a_thread("a"))
    claim = await line.claims()
    await line.asks(ANA, a_thread("a"))
    soon = datetime.now(UTC) + timedelta(milliseconds=60)  # noqa: TID251 - the server compares with its clock
    await line.inbox.commit(claim, Writes().timer("t", ExpiryDue("00-a"), at=soon))

    await line.passes(soon.timestamp() * 1000)
    assert (await line.claims(FULL)).event == ExpiryDue("00-a")


async def test_a_decided_run_goes_before_fresh_messages_and_never_into_a_slot_for_clicks(line: Line) -> None:
    await line.asks(ANA, a_thread("before"))
    await line.happens(a_thread("a"), a_click())
    click = await line.claims(FULL)
    await line.inbox.release_to_run(click)
    await line.happens(a_thread("a"), a_click())

    assert await line.inbox.claim("x", FULL) is None
    again = await line.claims()
    assert (again.event_id, again.tries) == (click.event_id, 2)
    await line.inbox.commit(again, Writes())
    assert not await line.redis.hexists(line.keys.row(again.thread), "runs")  # pyright: ignore[reportGeneralTypeIssues]
    # What was behind it is a click like any other again.
    assert (await line.claims(FULL)).thread == again.thread


async def test_a_reset_overtakes_a_decided_run_that_waits_for_its_slot(line: Line) -> None:
    await line.happens(a_thread("a"), a_click())
    await line.inbox.release_to_run(await line.claims(FULL))
    await line.happens(a_thread("a"), ResetRequested(OMAR, ResetVia.MENTION, "1795435200.000100"))

    assert isinstance((await line.claims(FULL)).event, ResetRequested)


@pytest.mark.parametrize("count", [30, 500])
async def test_a_quiet_persons_thread_goes_between_those_of_a_flood(line: Line, count: int) -> None:
    await line.floods(ANA, count)
    await line.asks(MEI, a_thread("a", channel="C1"))

    assert MEI in await line.handles(line.keys.shards + 1)


async def test_a_flood_of_many_in_one_channel_does_not_stand_before_another_channel(line: Line) -> None:
    for number in range(40):
        await line.floods(f"U{number}", 1)
    await line.asks(MEI, a_thread("a"))

    assert MEI in await line.handles(line.keys.shards + 1)


async def test_what_one_asks_too_much_of_does_not_hold_up_the_others_of_the_channel(line: Line) -> None:
    await line.floods(ANA, 100)
    for user in (MEI, OMAR, THEO):
        await line.floods(user, 1)

    assert {MEI, OMAR, THEO} <= set(await line.handles(line.keys.shards + 3))


async def test_one_thread_with_many_messages_goes_behind_the_others_after_each(line: Line) -> None:
    for _ in range(5):
        await line.asks(ANA, a_thread("long"))
    first = await line.claims()
    for user in (MEI, OMAR):
        await line.asks(user, a_thread(user))
    await line.inbox.commit(first, Writes())

    assert set(await line.handles(2)) == {MEI, OMAR}
    assert await line.handles(4) == [ANA] * 4


@pytest.mark.parametrize(("busy", "people"), [(60, 30), (60, 1), (1, 1), (7, 3)])
async def test_every_thread_is_answered_before_any_is_for_the_third_time(
    line: Line, busy: int, people: int
) -> None:
    """Also where one has a single thread full of messages, and others have many."""
    threads = [(f"U{number % people}", a_thread(str(number))) for number in range(busy)]
    threads += [(MEI, a_thread("mei", channel="C8")), *((OMAR, a_thread(f"o{n}")) for n in range(40))]
    for user, thread in threads * 4:
        await line.asks(user, thread)

    answered: Counter[ThreadRef] = Counter()
    while len(answered) < len(threads):
        claim = await line.claims()
        answered[claim.thread] += 1
        await line.inbox.commit(claim, Writes())

    assert max(answered.values()) <= 2


async def test_who_has_their_share_is_answered_everywhere_before_others_for_the_third_time(
    line: Line,
) -> None:
    for _ in range(3):
        await line.asks(MEI, a_thread("a"))
    assert await line.handles(2) == [MEI] * 2
    await line.floods(ANA, 3)

    assert (await line.claims(Holding(8, {ANA: 4}))).asker == ANA
    assert (await line.claims(Holding(8, {ANA: 6}))).asker == MEI


async def test_one_persons_second_thread_does_not_go_before_anothers_first_in_a_channel(line: Line) -> None:
    for number in range(40):
        await line.floods(f"U{number}", 1)
    second = a_thread("second", channel="C1")
    await line.asks("U0", second)

    places = await line.places()
    shard, _, rank = next(place for place in places if place[1] == str(second))
    assert rank >= max(score for key, _, score in places if key == shard)


async def test_a_thread_that_has_come_to_rest_begins_anew(line: Line) -> None:
    for _ in range(3):
        await line.asks(MEI, a_thread("a"))
    assert await line.handles(3) == [MEI] * 3
    await line.ages_paces()
    await line.floods(OMAR, 60)
    for _ in range(2):
        await line.asks(MEI, a_thread("a"))

    assert (await line.handles(4 * line.keys.shards)).count(MEI) == 2


async def test_whoever_waits_is_served_however_many_come_after_them(line: Line) -> None:
    """A place is a moment: those who come later than it stand behind."""
    await line.floods(ANA, 3)
    await line.ages(timedelta(hours=1.5))
    for number in range(10):
        await line.asks(f"U{number}", a_thread(str(number), channel=f"C{number}"))
        await line.happens(a_thread(f"click {number}"), a_click())

    assert await line.handles(3) == [ANA] * 3


async def test_who_holds_a_share_lets_others_go_first_and_takes_what_nobody_else_wants(line: Line) -> None:
    await line.floods(ANA, 20)
    held: list[Claim] = []

    async def takes() -> str:
        people = Counter(claim.asker for claim in held)
        held.append(await line.claims(Holding(8, people)))
        return held[-1].asker

    assert [await takes() for _ in range(4)] == [ANA] * 4
    await line.asks(MEI, a_thread("a"))
    assert [await takes() for _ in range(2)] == [MEI, ANA]
    # The last ones are kept from whoever holds any.
    assert not isinstance(await line.inbox.claim("x", Holding(8, {ANA: 5, MEI: 1})), Claim)
    assert not isinstance(await line.inbox.claim("x", Holding(8, {ANA: 6})), Claim)
    await line.asks(OMAR, a_thread("o"))
    assert (await line.claims(Holding(8, {ANA: 6}))).asker == OMAR


@pytest.mark.parametrize("people", [1, 30])
async def test_a_slot_is_kept_for_first_words_and_no_backlog_hides_who_waits_for_them(
    line: Line, people: int
) -> None:
    """Whoever floods, alone or with others, has threads whose messages pile up and many more that wait."""
    threads = [(f"U{number % people}", a_thread(str(number), f"C{number % 9}")) for number in range(60)]
    for user, thread in threads * 3:
        await line.asks(user, thread)
    answered: set[ThreadRef] = set()
    while len(answered) < len(threads):
        claim = await line.claims()
        answered.add(claim.thread)
        await line.inbox.commit(claim, Writes())
    await line.ages(timedelta(minutes=1))
    crowd = Holding(8, {f"U{number}": 7 if people == 1 else 1 for number in range(min(people, 7))})
    assert not isinstance(await line.inbox.claim("x", crowd), Claim)

    await line.asks(MEI, a_thread("mei"))
    assert (await line.claims(crowd)).asker == MEI


async def test_an_old_backlog_of_people_who_hold_slots_hides_nobody(line: Line) -> None:
    people = {f"U{number}": 1 for number in range(30)}
    for number in range(300):
        await line.asks(f"U{number % 30}", a_thread(str(number), f"C{number % 49}"))
    await line.ages(timedelta(minutes=1))
    await line.asks(MEI, a_thread("mei"))

    assert (await line.claims(Holding(40, people))).asker == MEI


async def test_an_old_backlog_of_one_who_has_their_share_hides_nobody(line: Line) -> None:
    for number in range(30):
        await line.floods(ANA, 15, channel=f"C{number}")
    await line.ages(timedelta(hours=1.5))
    await line.asks(MEI, a_thread("a"))

    assert (await line.claims(Holding(8, {ANA: 4}))).asker == MEI


async def test_an_old_backlog_of_a_channel_that_has_its_share_hides_nobody(line: Line) -> None:
    for number in range(60):
        await line.floods(f"U{number}", 1)
    await line.ages(timedelta(hours=1.5))
    await line.asks(MEI, a_thread("a"))

    assert (await line.claims(Holding(8, {}, {"C1": 6}))).asker == MEI


async def test_a_channel_that_holds_its_share_lets_others_go_first(line: Line) -> None:
    for number in range(10):
        await line.floods(f"U{number}", 1)
    await line.asks(MEI, a_thread("a"))

    assert (await line.claims(Holding(8, {}, {"C1": 6}))).asker == MEI
    assert (await line.claims(Holding(8, {}, {"C1": 6}))).asker != MEI


async def test_a_share_holds_no_click_up(line: Line) -> None:
    await line.asks(ANA, a_thread("a"))
    await line.inbox.commit(await line.claims(), Writes())
    await line.happens(a_thread("a"), a_click())

    claim = await line.claims(Holding(8, {ANA: 8}, {"C7": 8}))
    assert isinstance(claim.event, DecisionMade)


async def test_what_a_worker_died_with_goes_before_fresh_messages(redis_server: RedisServer) -> None:
    async with client.connect(redis_server.url) as redis:
        line = Line(redis, shards=2, lease=0.02)
        await line.asks(ANA, a_thread("a"))
        died = await line.claims()
        for number in range(5):
            await line.asks(MEI, a_thread(f"later {number}"))
        lapses = await redis.zscore(line.keys.due(line.keys.shard(died.thread)), str(died.thread))
        assert lapses is not None
        await line.passes(lapses)

        assert (await line.claims()).event_id == died.event_id


async def test_threads_that_an_older_release_made_due_are_claimed_and_no_click_waits_for_them(
    line: Line,
) -> None:
    """It wrote the moment at which a thread became due, and no asker."""
    for number in range(4):
        await line.asks(ANA, a_thread(str(number)))
    for key, member, _ in await line.places():
        await line.redis.zadd(key, {member: 1_700_000_000_000})
    for shard in range(line.keys.shards):
        await line.redis.delete(line.keys.askers(shard), line.keys.paces(shard))
    await line.happens(a_thread("click"), a_click())

    assert isinstance((await line.claims(FULL)).event, DecisionMade)
    assert await line.handles(4) == [""] * 4


async def test_nothing_of_a_thread_without_work_is_left_in_line(line: Line) -> None:
    await line.floods(ANA, 5)
    await line.handles(5)

    for shard in range(line.keys.shards):
        for key in (line.keys.due(shard), line.keys.askers(shard), line.keys.alarms(shard)):
            assert await line.redis.exists(key) == 0

    await line.floods(ANA, 5)
    await line.ages_paces()
    await line.floods(MEI, 9)

    assert not [member for _, member in await line.paces() if member.endswith(ANA)]


async def test_nobody_is_put_off_by_more_than_ten_minutes(line: Line) -> None:
    await line.floods(ANA, 200)
    await line.ages(timedelta(minutes=10))
    await line.asks(MEI, a_thread("a"))

    assert await line.handles(200) == [ANA] * 200


async def test_one_more_message_in_a_thread_that_waits_does_not_cost_its_place(line: Line) -> None:
    await line.asks(ANA, a_thread("a"))
    await line.ages(timedelta(seconds=1))
    await line.asks(MEI, a_thread("b"))
    await line.asks(ANA, a_thread("a"))

    assert await line.handles(3) == [ANA, MEI, ANA]


async def test_a_timer_that_rings_during_the_work_wakes_somebody(line: Line) -> None:
    await line.asks(ANA, a_thread("a"))
    claim = await line.claims()
    hurry = line.keys.hurry(line.keys.shard(claim.thread))
    assert await line.redis.exists(hurry) == 0
    await line.inbox.commit(claim, Writes().timer("t", ExpiryDue("00-a"), at=LONG_AGO))

    assert await line.redis.exists(hurry) == 1


async def test_a_slot_for_what_overtakes_that_comes_too_late_for_a_click_leaves_the_message(
    line: Line,
) -> None:
    """Between the look and the claim another worker can have done the click."""
    await line.asks(ANA, a_thread("a"))
    found = await line.inbox._claim_thread(a_thread("a"), "x", overtaking_only=True)

    assert found is None
    assert (await line.claims()).asker == ANA


async def test_an_alarm_for_a_timer_that_was_moved_is_set_anew(line: Line) -> None:
    await line.asks(ANA, a_thread("a"))
    await line.inbox.schedule(a_thread("a"), ExpiryDue("00-a"), event_id="t", at=LONG_AGO)
    await line.inbox.schedule(a_thread("a"), ExpiryDue("00-a"), event_id="t", at=FAR_OFF)

    assert not isinstance(await line.inbox.claim("x", FULL), Claim)
    alarms = line.keys.alarms(line.keys.shard(a_thread("a")))
    assert await line.redis.zscore(alarms, str(a_thread("a"))) == FAR_OFF.timestamp() * 1000


async def test_who_claims_is_told_whether_anybody_else_is_in_line(line: Line) -> None:
    await line.asks(ANA, a_thread("a"))
    alone = await line.claims()
    assert alone.nothing_else_for is not None
    await line.inbox.commit(alone, Writes())

    await line.asks(ANA, a_thread("a"))
    await line.asks(ANA, a_thread("b"))  # of the same person, so it is not named
    assert (await line.claims()).nothing_else_for is None


async def test_what_was_seen_for_one_who_leaves_out_others_is_not_gone_by(line: Line) -> None:
    await line.asks(ANA, a_thread("a"))
    busy = Holding(2, {ANA: 1})
    seen = await look(line.inbox._scripts, line.keys, busy)
    assert not seen.waiting

    assert isinstance(await line.inbox.claim("x", Holding(2), ranks=seen), Claim)
