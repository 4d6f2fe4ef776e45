"""The billing service makes another amount than was asked for: people read it, and it is on record."""

from __future__ import annotations

from bot.domain.audit import Deed
from devkit.billing.server import Fault
from tests.scenarios.test_outcome import questions
from tests.tools import give_money, gives, scripted
from tests.world import MEI, OMAR, SUPPORT, World

SAYS = "The billing service says that 28.20 USD were refunded on INV-1003 for this."
OTHER = "101.20 USD were refunded, where 100.20 USD were asked for."


async def test_an_approved_refund_of_another_amount_is_said_to_people_and_on_record(world: World) -> None:
    async with world.bot():
        world.billing.faults.append(Fault(makes="101.20"))
        thread = await world.asks("refund $100.20 on INV-1005")
        card = await world.card(thread)
        await world.approves(OMAR, card)
        answer = await world.hears(thread, f"Not as it was asked for: {OTHER}")
        await world.slack.until(lambda: "Done, but not as it stands here" in card.shown)
        await world.recorded(Deed.EXECUTED)

    assert "Done: I refunded **101.20 USD**" in answer.shown
    entries = [link.entry for link in await world.records() if link.entry.deed is Deed.DIFFERED]
    assert [(entry.tool, entry.details["difference"]) for entry in entries] == [("issue_refund", OTHER)]
    assert world.refunds == [("INV-1005", "101.20")]


async def test_a_small_refund_of_another_amount_is_said_to_who_asked(world: World) -> None:
    async with world.bot():
        world.billing.faults.append(Fault(makes="1.10"))
        thread = await world.asks("refund $11 on INV-1003")
        await world.hears(thread, "1.10 USD were refunded, where 11.00 USD were asked for.")

    deeds = await world.deeds(approvals_only=False)
    assert deeds.count(Deed.DIFFERED) == 1
    assert world.replies(thread, SUPPORT)


async def test_another_amount_that_only_a_repetition_shows_is_named_in_the_question(world: World) -> None:
    scripted(world, gives("29.00"), last="That is settled.")
    async with world.bot(give_money()):
        world.billing.faults.append(Fault(makes="28.20", drop_after_commit=True))
        thread = await world.asks("give them money")
        await world.approves(OMAR, await world.card(thread))
        await world.slack.until(lambda: questions(world, thread))
        (question,) = questions(world, thread)
        assert SAYS in question.shown
        await world.slack.clicks(MEI, question.channel, question.ts, "happened")
        await world.hears(thread, "That is settled.")

    assert SAYS in str(world.model.asked()[-1].body)
    assert world.refunds == [("INV-1003", "28.20")]
