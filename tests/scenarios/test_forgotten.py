"""Redis forgets all of a talk while the service remembers it: what was paid is not paid again."""

from __future__ import annotations

from typing import Any

from bot.store import client
from devkit.billing.server import Fault
from devkit.model.script import Calls
from tests.scenarios.test_outcome import questions
from tests.tools import gift, give_money, scripted
from tests.world import ANA, BOT_USER, MEI, OMAR, SUPPORT, World

DONE = "Done: I refunded **29.00 USD** on INV-1003"


async def forget(world: World, *, but: str = "") -> None:
    """Drop everything that the bot has in Redis, as a power loss or an older file does."""
    async with client.connect(world.redis_url) as redis:
        async for key in redis.scan_iter(match=f"{world.prefix}:*", count=1000):
            if key.decode() != but:
                await redis.delete(key)


async def forget_unseen(world: World) -> None:
    """Drop it so that nothing shows that it is gone."""
    await forget(world, but=world.keys.epoch())


def refund(amount: str, reason: str) -> tuple[str, dict[str, Any]]:
    """One call of the refund tool, as a model words it this time."""
    return "issue_refund", {
        "invoice_id": "INV-1005",
        "amount": amount,
        "currency": "USD",
        "reason": reason,
    }


async def test_what_was_approved_and_forgotten_is_asked_again_and_paid_once(world: World) -> None:
    done = DONE.replace("INV-1003", "INV-1005")  # of which more than that is left
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1005")
        await world.approves(OMAR, await world.card(thread))
        await world.hears(thread, done)
        await forget_unseen(world)
        await world.slack.deliver_again(thread)
        await world.approves(OMAR, await world.card(thread))
        await world.slack.until(lambda: [done in m.shown for m in world.done(thread)].count(True) == 2)

    assert world.refunds == [("INV-1005", "29.00")]
    assert world.billing.requests == 2


async def test_what_is_approved_with_other_arguments_the_second_time_is_a_question_and_no_second_payment(
    world: World,
) -> None:
    scripted(world, Calls([gift("29.00")]))
    async with world.bot(give_money()):
        thread = await world.asks("give it back")
        card = await world.card(thread)
        await world.edits(OMAR, card, amount="25.00")
        await world.slack.until(lambda: "*Changed* by" in card.shown)
        await world.approves(MEI, card)
        await world.hears(thread, "That was all.")
        await forget_unseen(world)
        scripted(world, Calls([gift("29.00")]))
        await world.slack.deliver_again(thread)
        await world.approves(MEI, await world.card(thread))
        await world.slack.until(lambda: questions(world, thread))

    assert world.refunds == [("INV-1003", "25.00")]


async def test_a_model_that_orders_and_words_its_calls_anew_pays_nothing_again(world: World) -> None:
    twice = refund("5.00", "they waited"), refund("5.00", "they waited again")
    async with world.bot():
        scripted(
            world, Calls([*twice, refund("7.00", "a broken cup")]), Calls([refund("7.00", "another cup")])
        )
        thread = await world.asks("give it back")
        await world.hears(thread, "That was all.")
        await forget_unseen(world)
        scripted(
            world,
            Calls([refund("7", "cups"), refund("5.0", "late"), refund("7.00", "cups")]),
            Calls([twice[0]]),
        )
        await world.slack.deliver_again(thread)
        await world.slack.until(lambda: world.billing.requests == 8)
        await world.slack.until(lambda: len(world.done(thread)) == 2)

    assert sorted(amount for _, amount in world.refunds) == ["5.00", "5.00", "7.00", "7.00"]


async def test_a_call_that_was_made_at_the_second_try_is_not_made_again_at_the_first(world: World) -> None:
    world.billing.faults.append(Fault(status=429, retry_after="3600"))
    async with world.bot():
        scripted(world, Calls([refund("5.00", "late")]), Calls([refund("5.00", "late")]))
        thread = await world.asks("give it back")
        await world.hears(thread, "That was all.")
        assert world.refunds == [("INV-1005", "5.00")]
        await forget_unseen(world)
        scripted(world, Calls([refund("5.00", "late")]))
        await world.slack.deliver_again(thread)
        await world.slack.until(lambda: len(world.done(thread)) == 2)

    assert world.refunds == [("INV-1005", "5.00")]


async def test_a_reset_that_was_forgotten_makes_no_other_payment_of_the_same_message(world: World) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1004")
        await world.hears(thread, "Juniper Labs")
        await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
        await world.hears(thread, "Forgotten, as asked.")
        asked = await world.slack.says(
            ANA, SUPPORT, f"<@{BOT_USER}> refund $11 on INV-1005", thread_ts=thread
        )
        await world.hears(thread, "Done: I refunded **11.00 USD**")
        await forget_unseen(world)
        await world.slack.deliver_again(asked)
        await world.slack.until(lambda: world.billing.requests == 2)
        await world.hears(await world.asks("show me INV-1003"), "Hazel & Co")

    assert world.refunds == [("INV-1005", "11.00")]


async def test_the_same_refund_asked_for_in_a_later_message_is_another_one(world: World) -> None:
    async with world.bot(STEER="wait"):
        thread = await world.asks("refund $11 on INV-1005")
        await world.hears(thread, "Done: I refunded **11.00 USD**")
        again = await world.slack.says(
            ANA, SUPPORT, f"<@{BOT_USER}> refund $11 on INV-1005", thread_ts=thread
        )
        await world.slack.until(lambda: len(world.done(thread)) == 2)
        assert world.refunds == [("INV-1005", "11.00")] * 2
        await forget_unseen(world)
        await world.slack.deliver_again(thread)
        await world.slack.deliver_again(again)
        await world.slack.until(lambda: len(world.done(thread)) == 4)

    assert world.refunds == [("INV-1005", "11.00")] * 2
    assert world.billing.requests == 4
