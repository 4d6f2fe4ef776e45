"""Redis forgets that something failed, or that it was tried again: what Slack shows stays true, and can go on."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from bot.connection import backfill
from bot.domain.audit import Deed
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.epoch import Epoch
from devkit.model.script import Calls, HttpError, Text
from devkit.slack.workspace import TEAM, Message
from tests.redis_server import RedisServer
from tests.scenarios.test_forgotten import refund
from tests.scenarios.test_outcome import questions
from tests.scenarios.test_steering import also, begun, showing
from tests.tools import give_money, gives, lost_answer, scripted
from tests.world import ANA, MEI, OMAR, SUPPORT, World, ids

UNREACHABLE = "could not reach the model"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "BEAT", 0.2)


async def fails(world: World) -> tuple[str, Message]:
    """A refund is approved and made; then the model says no more."""
    world.model.script(Calls([("transfer_to_billing", {})]), gives("29.00"), *[HttpError(500)] * 4)
    thread = await world.asks("give them money")
    await world.approves(OMAR, await world.card(thread))
    return thread, await world.hears(thread, UNREACHABLE)


async def nothing_is_left(world: World, thread: str) -> None:
    """Wait until Redis holds nothing more of a run of the thread."""
    keys, ref = world.keys, ThreadRef(TEAM, SUPPORT, thread)
    async with asyncio.timeout(30), client.connect(world.redis_url) as redis:
        while await redis.exists(keys.run(ref), keys.journal(ref), keys.inbox(ref)):
            await a_moment(world)


async def at_rest(world: World, thread: str) -> None:
    """Wait until no event of the thread is being handled: what Slack shows comes before the last write."""
    async with asyncio.timeout(30), client.connect(world.redis_url) as redis:
        while await redis.exists(world.keys.inbox(ThreadRef(TEAM, SUPPORT, thread))):
            await a_moment(world)


async def recovered(world: World) -> None:
    """Wait until history was read behind a Redis that was set back."""
    async with asyncio.timeout(30), client.connect(world.redis_url) as redis:
        epoch = Epoch(redis, world.keys)
        while (await epoch.since()).is_settled is False or await epoch.is_recovering():
            await a_moment(world)


async def a_moment(world: World) -> None:
    """Let something happen in Slack, or a moment pass."""
    await asyncio.wait({asyncio.ensure_future(world.slack.workspace.change())}, timeout=0.05)


async def test_a_failure_that_is_forgotten_is_no_answer(around: World, server: RedisServer) -> None:
    async with around.bot():
        await around.hears(await around.asks("show me INV-1001"), "Northwind Tea")
        written = server.written
        around.model.script(*[HttpError(500)] * 4)
        thread = await around.asks("show me INV-1003")
        await around.hears(thread, UNREACHABLE)
        around.model.clear()
        server.lose_power(written)
        await around.hears(thread, "Hazel & Co")

    (only,) = around.replies(thread)
    assert "retry" not in ids(only)


async def test_what_was_tried_again_with_success_goes_on_where_that_is_forgotten(
    around: World, server: RedisServer
) -> None:
    async with around.bot(give_money()):
        thread, failure = await fails(around)
        written = server.written
        scripted(around, last="They have it.")
        await around.slack.clicks(ANA, SUPPORT, failure.ts, "retry")
        await around.hears(thread, "They have it.")
        server.lose_power(written)
        scripted(around, last="Given, as I said.")
        await around.hears(thread, "Given, as I said.")
        await around.slack.until(lambda: "stop" not in ids(failure))
        await nothing_is_left(around, thread)

    assert around.refunds == [("INV-1003", "29.00")]


async def test_an_answer_of_a_second_try_is_the_answer_to_the_message(
    around: World, server: RedisServer
) -> None:
    async with around.bot():
        await around.hears(await around.asks("show me INV-1001"), "Northwind Tea")
        written = server.written
        around.model.script(*[HttpError(500)] * 4)
        thread = await around.asks("refund $11 on INV-1005")
        failure = await around.hears(thread, UNREACHABLE)
        around.model.clear()
        await around.slack.clicks(ANA, SUPPORT, failure.ts, "retry")
        await around.hears(thread, "Done: I refunded **11.00 USD**")
        server.lose_power(written)
        await around.hears(await around.asks("show me INV-1004"), "Juniper Labs")
        await recovered(around)
        await around.slack.says(ANA, SUPPORT, "show me INV-1003", thread_ts=thread)
        await around.hears(thread, "Hazel & Co")

    assert around.billing.requests == 1


async def test_a_question_whose_answer_is_forgotten_is_closed_by_the_service_with_what_was_approved(
    around: World, server: RedisServer
) -> None:
    scripted(around, Calls([refund("29.00", "late")]))
    async with around.bot():
        thread = await around.asks("give it back")
        card = await around.card(thread)
        around.billing.faults += lost_answer()
        await around.approves(OMAR, card)
        await around.slack.until(lambda: questions(around, thread))
        (question,) = questions(around, thread)
        await around.hears(thread, "I do not know whether it happened")
        await around.slack.until(lambda: "*Nobody knows*" in card.shown)
        await at_rest(around, thread)
        written = server.written
        await around.slack.clicks(MEI, question.channel, question.ts, "happened")
        await around.hears(thread, "That was all.")
        await around.slack.until(lambda: "happened" not in ids(question))
        scripted(around, last="Seen.")
        server.lose_power(written)
        await around.slack.until(lambda: "says that this was done before" in question.shown)
        await around.slack.until(lambda: "*Done*" in card.shown)
        await around.hears(thread, "Seen.")
        await nothing_is_left(around, thread)
        links = await around.records()

    assert around.refunds == [("INV-1005", "29.00")]
    assert [link.entry.deed for link in links].count(Deed.WITHDRAWN) == 1


async def test_a_question_that_waits_behind_a_restart_is_answered_by_the_service(
    around: World, server: RedisServer
) -> None:
    scripted(around, Calls([refund("29.00", "late")]))
    async with around.bot():
        thread = await around.asks("give it back")
        around.billing.faults += lost_answer()
        await around.approves(OMAR, await around.card(thread))
        await around.slack.until(lambda: questions(around, thread))
        (question,) = questions(around, thread)
        await around.hears(thread, "I do not know whether it happened")
        await at_rest(around, thread)
        server.lose_power(server.written)
        await around.slack.until(lambda: "says that this was done before" in question.shown)
        await around.hears(thread, "That was all.")

    assert around.refunds == [("INV-1005", "29.00")]


async def test_an_answer_that_took_a_message_in_stays_where_redis_forgot_that_it_did(
    around: World, server: RedisServer
) -> None:
    """Redis knows that one answer was begun, and that another one failed; people have read both, and gone on."""
    around.model.script(*[HttpError(500)] * 4)
    async with around.bot():
        second_try = await around.asks("show me INV-1001")
        failure = await around.hears(second_try, UNREACHABLE)
        async with around.model.held():
            first_try = await begun(around, "show me INV-1003")
            written = server.written
            await around.slack.clicks(ANA, SUPPORT, failure.ts, "retry")
            await around.slack.until(lambda: showing(around, second_try, "Thinking"))
            for thread in (first_try, second_try):
                await around.slack.says(ANA, SUPPORT, "show me INV-1003", thread_ts=thread)
                await around.slack.until(lambda thread=thread: showing(around, thread, "message is noted"))  # type: ignore[misc]
        await around.hears(first_try, "Hazel & Co")
        await around.hears(second_try, "Hazel & Co")
        await around.asks("how much was it?", thread=first_try)
        await around.slack.until(lambda: len(around.done(first_try)) == 2)
        for thread in (first_try, second_try):
            await at_rest(around, thread)
        shown = [(one.ts, one.shown, also(one)) for one in replies(around, first_try, second_try)]
        asked = len(around.model.asked())
        server.lose_power(written)
        await recovered(around)
        for thread in (first_try, second_try):
            await at_rest(around, thread)

    assert [len(taken_in) for _, _, taken_in in shown] == [1, 0, 1]
    assert [(one.ts, one.shown, also(one)) for one in replies(around, first_try, second_try)] == shown
    assert len(around.model.asked()) == asked


def replies(world: World, *threads: str) -> list[Message]:
    return [one for thread in threads for one in world.replies(thread)]


async def test_where_redis_may_have_forgotten_what_was_done_no_message_is_taken_in(
    around: World, server: RedisServer
) -> None:
    look = Calls([("get_invoice", {"invoice_id": "INV-1003"})])
    async with AsyncExitStack() as held, around.bot(DRAIN_SECONDS="0"):
        await held.enter_async_context(around.model.held())
        thread = await begun(around, "show me INV-1003")
    server.lose_power(server.written)
    asked = len(around.model.asked())
    around.model.script(Calls([("transfer_to_billing", {})]), look, Text("Here it is."), Text("On the 2nd."))
    async with around.bot():
        async with around.model.held():
            await around.slack.until(lambda: len(around.model.asked()) > asked)
            await around.slack.says(ANA, SUPPORT, "with its date", thread_ts=thread)
            await around.slack.until(lambda: showing(around, thread, "message is noted"))
        await around.hears(thread, "On the 2nd.")

    assert not showing(around, thread, "Taken in")
