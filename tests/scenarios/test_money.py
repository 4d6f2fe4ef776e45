"""Money whose answer got lost: what the thread says at the end is what the ledger holds, or that nobody knows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bot.domain.audit import Deed, Entry
from bot.store import client
from countersign.teams.support.billing_client import TIMEOUT
from devkit.billing.server import Fault, Of
from devkit.slack.workspace import Message
from tests.scenarios.test_flood_and_record import run
from tests.tools import lost_answer, no_look_up
from tests.world import ANA, BOT_USER, MEI, OMAR, THEO, World, ids

STATUSES = (409, 401, 403, 404, 422)
#: How a refund that was made goes unanswered. The one that times out costs its ten seconds.
UNANSWERED: dict[str, dict[str, Any]] = {
    "dropped": {"drop": True},
    "500": {"status": 500},
    "503": {"status": 503},
    "cut": {"cut": True},
}
made_by = pytest.mark.parametrize("how", UNANSWERED.values(), ids=UNANSWERED)
#: On this invoice refunds of many amounts fit, each of which asks nobody.
WHERE = "EUR on INV-1006"


def amounts() -> list[str]:
    """One for each status, none over 20.00."""
    return [f"{10 + number}.00" for number in range(len(STATUSES))]


def questions(world: World, thread: str) -> list[Message]:
    return [m for m in world.replies(thread) if "happened" in ids(m)]


async def settled(world: World, thread: str, amount: str) -> str:
    """Wait for the last word on a refund, and compare it with the ledger."""
    words = (f"Done: I refunded **{amount} EUR**", f"The refund of {amount} EUR on INV-1006 was not made.")
    await world.slack.until(lambda: [m for m in world.done(thread) if any(w in m.shown for w in words)])
    paid = [one for _, one in world.refunds].count(amount)
    assert paid <= 1
    assert words[0 if paid else 1] in world.replies(thread)[-1].shown
    assert not questions(world, thread)
    return world.replies(thread)[-1].shown


async def asked(world: World, thread: str) -> Message:
    """Wait until people are asked what happened."""
    await world.hears(thread, "I do not know whether it happened")
    await world.slack.until(lambda: questions(world, thread))
    return questions(world, thread)[-1]


@made_by
async def test_a_repetition_that_is_refused_does_not_unmake_what_was_made(
    world: World, how: dict[str, Any]
) -> None:
    async with world.bot():
        for status, amount in zip(STATUSES, amounts(), strict=True):
            world.billing.faults += [Fault(after_commit=True, **how), Fault(status=status)]
            await settled(world, await world.asks(f"refund {amount} {WHERE}"), amount)

    assert [amount for _, amount in world.refunds] == amounts()


async def test_a_repetition_that_is_refused_after_a_timeout_does_not_unmake_what_was_made(
    world: World,
) -> None:
    world.billing.faults += [Fault(after_commit=True, delay=TIMEOUT + 5), Fault(status=409)]
    async with world.bot():
        thread = await world.asks(f"refund 10.00 {WHERE}")
        await world.slack.until(lambda: world.billing.requests == 2, timeout=TIMEOUT + 15)
        await settled(world, thread, "10.00")

    assert world.refunds == [("INV-1006", "10.00")]


async def test_a_repetition_that_is_refused_leaves_undone_what_never_came_in(world: World) -> None:
    async with world.bot():
        for status, amount in zip(STATUSES, amounts(), strict=True):
            world.billing.faults += [Fault(drop=True), Fault(status=status)]
            await settled(world, await world.asks(f"refund {amount} {WHERE}"), amount)

    assert world.refunds == []


@pytest.mark.parametrize("look_up", [401, 404, 500])
async def test_a_refusal_that_nothing_confirms_is_a_question_and_no_answer(
    world: World, look_up: int
) -> None:
    async with world.bot():
        for status, amount in zip(STATUSES, amounts(), strict=True):
            lost = [Fault(drop_after_commit=True), Fault(status=status)]
            tries = 3 if look_up == 500 else 1
            world.billing.faults += [*lost, Fault(status=look_up, of=Of.LOOK_UP, times=tries)]
            thread = await world.asks(f"refund {amount} {WHERE}")
            question = await asked(world, thread)
            await world.slack.clicks(MEI, question.channel, question.ts, "happened")
            await world.hears(thread, f"as a person has checked: **{amount} EUR on INV-1006** was refunded")

    assert [amount for _, amount in world.refunds] == amounts()
    assert world.billing.requests == 2 * len(STATUSES)


@pytest.mark.parametrize("how", [{"drop": True}, {"status": 503}], ids=["dropped", "503"])
async def test_a_new_try_that_is_refused_does_not_unmake_what_was_made(
    world: World, how: dict[str, Any]
) -> None:
    async with world.bot():
        for status, amount in zip(STATUSES, amounts(), strict=True):
            world.billing.faults += [*(Fault(after_commit=True, **how) for _ in range(3)), no_look_up()]
            thread = await world.asks(f"refund {amount} {WHERE}")
            question = await asked(world, thread)
            world.billing.faults.append(Fault(status=status))
            await world.slack.clicks(MEI, question.channel, question.ts, "try_again")
            await settled(world, thread, amount)

    assert [amount for _, amount in world.refunds] == amounts()


@pytest.mark.parametrize("status", STATUSES[:2])
async def test_an_approved_refund_is_paid_once_and_its_card_says_so(world: World, status: int) -> None:
    async with world.bot():
        thread = await world.asks("refund 480.00 EUR on INV-1006")
        card = await world.card(thread)
        world.billing.faults += lost_answer()
        await world.approves(OMAR, card)
        question = await asked(world, thread)
        world.billing.faults += [Fault(status=status), no_look_up()]
        await world.slack.clicks(MEI, question.channel, question.ts, "try_again")
        await world.slack.until(lambda: [q for q in questions(world, thread) if q.ts != question.ts])
        (again,) = questions(world, thread)
        assert "*Nobody knows* whether this happened" in card.shown
        world.billing.faults.append(Fault(status=status))
        await world.slack.clicks(OMAR, again.channel, again.ts, "try_again")
        await settled(world, thread, "480.00")
        await world.slack.until(lambda: "*Done*" in card.shown)

    assert world.refunds == [("INV-1006", "480.00")]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_service_is_waited_for(world: World, status: int) -> None:
    world.billing.faults.append(Fault(status=status, retry_after="1", times=2))
    async with world.bot():
        await settled(world, await world.asks(f"refund 10.00 {WHERE}"), "10.00")

    assert world.refunds == [("INV-1006", "10.00")]
    assert world.billing.requests == 3


@pytest.mark.parametrize("status", [429, 503])
async def test_a_service_that_stays_busy_did_nothing_and_nobody_is_asked(world: World, status: int) -> None:
    world.billing.faults.append(Fault(status=status, retry_after="3600", times=3))
    async with world.bot():
        said = await settled(world, await world.asks(f"refund 10.00 {WHERE}"), "10.00")

    assert "busy, try later" in said
    assert world.refunds == []
    assert world.billing.requests == 1


async def test_a_stop_ends_the_wait_for_a_busy_service(world: World) -> None:
    world.billing.faults.append(Fault(status=429, retry_after="50", times=9))
    async with world.bot():
        thread = await world.asks(f"refund 10.00 {WHERE}")
        await world.slack.until(lambda: world.billing.requests == 1)
        await world.slack.until(lambda: [m for m in world.replies(thread) if "stop" in ids(m)])
        running = next(m for m in world.replies(thread) if "stop" in ids(m))
        await world.slack.clicks(ANA, running.channel, running.ts, "stop")
        await world.slack.until(lambda: "stop" not in ids(running))
        assert not questions(world, thread)
    (executed,) = [e for e in await entries(world) if e.deed is Deed.EXECUTED]

    assert world.refunds == []
    assert world.billing.requests == 1
    assert executed.details["ending"] == "failed"
    assert "busy" in executed.details["result"]


async def entries(world: World) -> Sequence[Entry]:
    return [link.entry for link in await world.records()]


async def test_a_small_refund_is_on_record_with_who_asked_and_why_nobody_else_was(
    world: World,
) -> None:
    async with world.bot():
        thread = await world.asks(f"refund 10.00 {WHERE}", user=THEO)
        await settled(world, thread, "10.00")
    code, out = await run(world, "audit", "export", "--person", THEO)
    found = [json.loads(line) for line in out.splitlines()]

    assert code == 0
    assert [one["deed"] for one in found] == ["started", "executed"]
    for one in found:
        arguments = json.loads(one["details"]["arguments"])
        assert (arguments["invoice_id"], arguments["amount"]) == ("INV-1006", "10.00")
        assert (one["tool"], one["person"], len(one["digest"])) == ("issue_refund", THEO, 64)
        assert one["details"]["consent"].startswith("nobody asked, for none of this holds: amount over 20.00")
    async with client.connect(world.redis_url) as redis:
        kept = [await redis.dump(key) async for key in redis.scan_iter(match=f"{world.prefix}:*audit*")]
    assert kept
    assert not any(b"INV-1006" in (one or b"") for one in kept)


async def test_what_people_agreed_to_is_on_record_with_who_they_were(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund 480.00 EUR on INV-1006")
        card = await world.card(thread)
        world.billing.faults += lost_answer()
        await world.approves(OMAR, card)
        question = await asked(world, thread)
        await world.slack.clicks(MEI, question.channel, question.ts, "happened")
        await world.hears(thread, "as a person has checked: **480.00 EUR on INV-1006** was refunded")
    ran = [e for e in await entries(world) if e.deed in {Deed.STARTED, Deed.EXECUTED}]

    assert [e.details.get("ending") for e in ran] == [None, "unknown", "done"]
    assert {(e.person, e.digest, e.details["arguments"]) for e in ran} == {
        (ANA, ran[0].digest, ran[0].details["arguments"])
    }
    assert {e.details["consent"] for e in ran} == {f"asked: 1 of finance; agreed: {OMAR}"}
    assert BOT_USER not in str(ran)
