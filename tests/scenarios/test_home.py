"""The Home tab: what waits for me, what I asked for, who stands in for me, my threads."""

from __future__ import annotations

from datetime import timedelta

from tests.tools import give_money, gives, scripted
from tests.world import ANA, GUS, MEI, OMAR, SUPPORT, THEO, World


async def stands_in(world: World, who: str, to: str, *, days: float = 1) -> dict[str, object]:
    """Fill in the form behind "Choose a stand-in"."""
    await world.slack.clicks_home(who, "stand_in")
    until = int(world.slack.clock() + timedelta(days=days).total_seconds())
    values = {"to": {"user": {"selected_user": to}}, "until": {"moment": {"selected_date_time": until}}}
    return await world.slack.submits(who, (await world.form(who)).id, values)


async def test_an_approver_sees_what_waits_and_decides_there(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        await world.slack.opens_home(OMAR)
        await world.home(OMAR, "Approval needed: Refund 29.00 USD to Hazel")
        assert f"<@{ANA}>" in world.slack.home_text(OMAR)
        assert "Amount: 29.00 USD" in world.slack.home_text(OMAR)
        await world.slack.opens_home(THEO)
        await world.home(THEO, "Nothing. You are up to date.")

        assert await world.slack.clicks_home(OMAR, "approve")
        await world.hears(thread, "Done: I refunded")
        await world.home(OMAR, "Nothing. You are up to date.")

    assert f"*Approved* by <@{OMAR}>" in card.shown
    assert world.refunds == [("INV-1003", "29.00")]


async def test_home_rejects_with_a_reason_and_refuses_privately_by_direct_message(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        await world.card(thread)
        await world.slack.opens_home(OMAR)
        await world.home(OMAR, "Refund 29.00 USD to Hazel")
        world.slack.workspace.groups["S0FINANCE1"] = ("finance", [MEI])
        await world.slack.clicks_home(OMAR, "approve")
        direct = world.slack.workspace.direct(OMAR).id
        await world.hears_in(direct, "You are not one of the approvers")
        await world.slack.opens_home(MEI)
        await world.home(MEI, "Refund 29.00 USD to Hazel")
        await world.slack.clicks_home(MEI, "reject")
        await world.slack.submits(
            MEI, (await world.form(MEI)).id, {"reason": {"reason_text": {"value": "no"}}}
        )
        await world.hears(thread, "Rejected by Mei Lin: no")

    assert world.refunds == []


async def test_a_requester_sees_what_became_of_it_and_resets_a_thread(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        await world.slack.opens_home(ANA)
        await world.home(ANA, "still needed: 1 of finance")
        await world.approves(OMAR, card)
        await world.home(ANA, "Approved: Refund 29.00 USD to Hazel")
        await world.home(ANA, "done")
        assert "refund $29 on INV-1003" in world.slack.home_text(ANA)
        await world.slack.clicks_home(ANA, "reset_thread")
        await world.hears(thread, "Forgotten, as asked")


async def test_a_stand_in_decides_while_the_approver_is_away_and_no_longer(world: World) -> None:
    scripted(world, gives("29.00"), last="Given.")
    async with world.bot(give_money()):
        await world.slack.opens_home(OMAR)
        await world.home(OMAR, "Nobody decides in your place.")
        await stands_in(world, OMAR, THEO)
        await world.home(OMAR, f"<@{THEO}> may decide in your place until")

        thread = await world.asks("give them money")
        card = await world.card(thread)
        await world.slack.opens_home(THEO)
        await world.home(THEO, "Give money · 29.00 USD")
        await world.approves(THEO, card)
        await world.hears(thread, "Given.")
        await world.slack.until(lambda: f"*Approved* by <@{THEO}> in the place of <@{OMAR}>" in card.shown)

        await world.slack.clicks_home(OMAR, "return")
        await world.home(OMAR, "Nobody decides in your place.")
        second = await world.card(await world.asks("refund $30 on INV-1005"))
        await world.approves(THEO, second)
        await world.told(THEO, "not one of the approvers")

    assert (await world.deeds(approvals_only=False)).count("delegated") == 2


async def test_a_delegation_that_is_over_counts_for_nothing(world: World) -> None:
    async with world.bot():
        await world.slack.opens_home(OMAR)
        await world.home(OMAR, "Nobody decides in your place.")
        await stands_in(world, OMAR, THEO)
        await world.home(OMAR, "may decide in your place")
        card = await world.card(await world.asks("refund $29 on INV-1003"))
        world.slack.clock.advance(timedelta(hours=25))
        await world.approves(THEO, card)
        await world.told(THEO, "not one of the approvers")

    assert world.refunds == []


async def test_the_requester_gains_nothing_from_standing_in_and_lends_nothing(world: World) -> None:
    async with world.bot():
        for who, to in ((OMAR, ANA), (MEI, THEO)):
            await world.slack.opens_home(who)
            await world.home(who, "Nobody decides in your place.")
            await stands_in(world, who, to)
            await world.home(who, "may decide in your place")
        card = await world.card(await world.asks("refund $29 on INV-1003"))
        await world.approves(ANA, card)
        await world.told(ANA, "You asked for this")
        own = await world.card(await world.asks("refund $30 on INV-1005", user=MEI))
        await world.approves(THEO, own)  # in the place of Mei, who asked
        await world.told(THEO, "not one of the approvers")

    assert world.refunds == []


async def test_nobody_hands_over_to_a_guest_to_themselves_or_for_ever(world: World) -> None:
    async with world.bot():
        await world.slack.opens_home(OMAR)
        await world.home(OMAR, "Nobody decides in your place.")
        for to, days in ((OMAR, 1), (THEO, 91), (THEO, -1)):
            answer = await stands_in(world, OMAR, to, days=days)
            assert answer["response_action"] == "errors"
            await world.slack.closes(OMAR, (await world.form(OMAR)).id)
        await stands_in(world, OMAR, GUS)
        await world.hears_in(world.slack.workspace.direct(OMAR).id, "Choose somebody else")

    assert "may decide in your place" not in world.slack.home_text(OMAR)
    assert SUPPORT


async def test_home_that_slack_refuses_stops_nothing(world: World) -> None:
    world.slack.fault("views.publish", error="internal_error", times=1)
    async with world.bot():
        await world.slack.opens_home(OMAR)
        await world.home(OMAR, "Nothing. You are up to date.")
