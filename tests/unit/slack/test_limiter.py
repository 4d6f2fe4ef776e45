from __future__ import annotations

import asyncio

import pytest

from bot.domain.errors import SlackUnavailable
from bot.slack.limiter import EDIT, PATIENCE, POST, Limiter
from bot.slack.rate_limits import BURST, KEPT
from tests.unit.slack.clock import Clock, settle


async def test_a_live_edit_waits_until_its_message_may_be_edited(limiter: Limiter, clock: Clock) -> None:
    began = clock.now
    await clock.run(limiter.live(not_before=began + 0.4))

    assert clock.now == pytest.approx(began + 0.4)


async def test_live_edits_share_one_rate(limiter: Limiter, clock: Clock) -> None:
    began = clock.now
    for _ in range(BURST - KEPT + 50):
        await clock.run(limiter.live())

    assert clock.now - began == pytest.approx(60)


async def test_live_edits_are_served_in_the_order_they_came(limiter: Limiter, clock: Clock) -> None:
    limiter.pause(EDIT, 3)
    served: list[int] = []

    async def edit(number: int) -> None:
        await limiter.live()
        served.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(edit(number))
        await clock.advance(3)

    assert served == [0, 1, 2, 3]


async def test_a_pause_holds_every_live_edit(limiter: Limiter, clock: Clock) -> None:
    began = clock.now
    limiter.pause(EDIT, 30)
    limiter.pause(EDIT, 2)  # a shorter one does not cut the longer short
    await clock.run(limiter.live())

    assert clock.now == pytest.approx(began + 30)


async def test_an_urgent_edit_does_not_wait_for_the_rate_and_live_ones_make_up_for_it(
    limiter: Limiter, clock: Clock
) -> None:
    began = clock.now
    for _ in range(BURST + 5):
        await limiter.urgent(EDIT)
    assert clock.now == began

    await clock.run(limiter.live())
    assert clock.now - began == pytest.approx((6 + KEPT) * 60 / 50)


async def test_an_urgent_call_overtakes_live_edits_after_a_pause(limiter: Limiter, clock: Clock) -> None:
    limiter.pause(EDIT, 2)
    served: list[str] = []

    async def live() -> None:
        await limiter.live()
        served.append("live")

    async def urgent() -> None:
        await limiter.urgent(EDIT)
        served.append("urgent")

    first = asyncio.create_task(live())
    await settle()
    second = asyncio.create_task(urgent())
    await clock.advance(2)
    await asyncio.gather(first, second)

    assert served == ["urgent", "live"]


async def test_a_pause_of_one_method_does_not_hold_another(limiter: Limiter, clock: Clock) -> None:
    began = clock.now
    limiter.pause(EDIT, 30)
    await limiter.urgent("chat.postMessage")

    assert clock.now == began


async def test_an_urgent_call_does_not_wait_out_a_long_pause(limiter: Limiter) -> None:
    limiter.pause(EDIT, PATIENCE + 25)

    with pytest.raises(SlackUnavailable) as error:
        await limiter.urgent(EDIT)
    assert error.value.retry_after == pytest.approx(PATIENCE + 25)


async def test_a_pause_of_one_channel_holds_no_post_in_another(limiter: Limiter, clock: Clock) -> None:
    began = clock.now
    limiter.pause(POST, 30, "C1")
    await limiter.urgent(POST, "C2")

    assert clock.now == began
    with pytest.raises(SlackUnavailable):
        await limiter.reply(POST, "C1", "U1")


@pytest.mark.parametrize(("method", "rate"), [(EDIT, 50), (POST, 60)])
async def test_a_minute_of_replies_leaves_room_for_cards(
    limiter: Limiter, clock: Clock, method: str, rate: int
) -> None:
    began = clock.now
    for _ in range(BURST - KEPT + rate):
        await clock.run(limiter.reply(method, "C1", "U1"))

    # What Slack takes in this minute, but for a few that are kept.
    assert clock.now - began == pytest.approx(60)


async def test_posts_of_one_channel_do_not_count_in_another(limiter: Limiter, clock: Clock) -> None:
    began = clock.now
    for _ in range(BURST):
        await limiter.urgent(POST, "C1")
    await clock.run(limiter.reply(POST, "C2", "U1"))

    assert clock.now == began


async def test_who_asks_once_does_not_wait_behind_a_flood(limiter: Limiter, clock: Clock) -> None:
    for _ in range(BURST):
        await limiter.urgent(EDIT)
    served: list[str] = []

    async def reply(person: str) -> None:
        await limiter.reply(EDIT, "", person)
        served.append(person)

    async with asyncio.TaskGroup() as group:
        for _ in range(6):
            group.create_task(reply("flood"))
        await clock.advance((KEPT + 1) * 60 / 50)
        group.create_task(reply("once"))
        group.create_task(reply("another"))
        await clock.advance(60)

    assert served == ["flood", "once", "another", *["flood"] * 5]


async def test_a_reply_that_is_given_up_holds_up_nobody(limiter: Limiter, clock: Clock) -> None:
    for _ in range(BURST):
        await limiter.urgent(EDIT)
    task = asyncio.create_task(limiter.reply(EDIT, "", "U1"))
    await settle()
    second = asyncio.create_task(limiter.reply(EDIT, "", "U1"))
    await settle()
    task.cancel()
    await clock.advance((KEPT + 1) * 60 / 50)

    assert second.done()


async def test_a_reply_goes_before_live_edits_that_waited_longer(limiter: Limiter, clock: Clock) -> None:
    for _ in range(BURST):
        await limiter.urgent(EDIT)
    served: list[str] = []

    async def live() -> None:
        await limiter.live()
        served.append("live")

    async def reply() -> None:
        await limiter.reply(EDIT, "", "U1")
        served.append("reply")

    async with asyncio.TaskGroup() as group:
        group.create_task(live())
        await settle()
        group.create_task(reply())
        group.create_task(reply())
        await clock.advance(60)

    assert served == ["reply", "reply", "live"]


async def test_a_live_edit_that_is_given_up_holds_up_nobody(limiter: Limiter, clock: Clock) -> None:
    limiter.pause(EDIT, 5)
    task = asyncio.create_task(limiter.live())
    await settle()
    task.cancel()
    await asyncio.wait({task})

    await clock.run(limiter.live())
