"""Who may ask for a call at all: by default members of the workspace, no guests and nobody of other ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.domain.audit import Deed, Entry
from countersign import GUESTS, MEMBERS, Policy, ask, asked_by
from devkit.slack.workspace import Person
from tests.tools import give_money, gives, scripted
from tests.world import ANA, GUS, OMAR, THEO, World

#: Somebody of another company, whose messages do not say so.
KIM = Person("U0KIM00001", "kim", "Kim Partner", "Of another company", "556677", is_stranger=True)
MEMBER = "Ask a member of this workspace to ask me."


async def refused(world: World) -> list[Entry]:
    return [link.entry for link in await world.records() if link.entry.deed is Deed.REFUSED]


async def test_a_guest_gets_no_refund_however_small_and_often_and_is_told_whom_to_ask(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund 20.00 EUR on INV-1006", user=GUS)
        for count in range(2, 7):
            await world.hears(thread, MEMBER)
            await world.slack.until(lambda count=count: len(world.done(thread)) == count - 1)
            await world.asks("refund 20.00 EUR on INV-1006", user=GUS, thread=thread)
        await world.slack.until(lambda: len(world.done(thread)) == 6)

        assert all(MEMBER in m.shown for m in world.done(thread))
        assert world.refunds == []
        assert world.slack.views == {}
        assert [(e.person, e.tool, bool(e.details["why"])) for e in await refused(world)] == [
            (GUS, "issue_refund", True)
        ] * 6


async def test_somebody_of_another_workspace_gets_nothing_also_where_only_slack_knows(world: World) -> None:
    world.slack.workspace.share("C0SUPPORT1", KIM)
    async with world.bot():
        thread = await world.asks("refund 12.00 on INV-1004", user=KIM.id)
        await world.hears(thread, "and not people of other ones. " + MEMBER)

    assert world.refunds == []
    assert [e.person for e in await refused(world)] == [KIM.id]


async def test_a_guests_words_in_a_members_run_are_a_guests_wish(world: World) -> None:
    scripted(world, gives("29.00"), gives("12.00"), last="So much for that.")
    async with world.bot(give_money(Policy(ask("finance", when=~asked_by(GUS))))):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        await world.asks("and give me 12.00", user=GUS, thread=thread)
        await world.hears(thread, "Noted. I am waiting")
        await world.approves(OMAR, card)
        await world.hears(thread, MEMBER)

    assert world.refunds == [("INV-1003", "29.00")]


async def test_a_policy_can_let_guests_ask(world: World) -> None:
    scripted(world, gives("12.00"), last="Given.")
    policy = Policy(ask("finance"), may_ask=MEMBERS | GUESTS)
    async with world.bot(give_money(policy)):
        thread = await world.asks("give them money", user=GUS)
        await world.approves(OMAR, await world.card(thread))
        await world.hears(thread, "Given.")

    assert world.refunds == [("INV-1003", "12.00")]


async def test_a_policy_can_leave_it_to_a_user_group(world: World) -> None:
    world.slack.workspace.groups["S0SUPPORT1"] = ("support", [ANA])
    policy = Policy(ask("finance", when=~asked_by("S0SUPPORT1")), may_ask=asked_by("S0SUPPORT1", OMAR))
    scripted(world, gives("12.00"), last="Given.")
    async with world.bot(give_money(policy)):
        await world.hears(await world.asks("give them money"), "Given.")
        scripted(world, gives("13.00"), last="Not given.")
        await world.hears(await world.asks("give them money", user=THEO), "not everybody can ask for it")

    assert world.refunds == [("INV-1003", "12.00")]


def busy(world: World) -> None:
    """Slack has been asked too often, and says when it answers again."""
    world.slack.fault("users.info", status=429, retry_after=1, times=2)


def silent(world: World) -> None:
    """Slack answers nothing of use."""
    world.slack.fault("users.info", error="internal_error", times=50)


@pytest.mark.parametrize(
    ("trouble", "words", "paid"),
    [(busy, "Done: I refunded", 1), (silent, "I could not check with Slack who asks for it.", 0)],
)
async def test_a_busy_slack_is_waited_for_and_a_silent_one_is_no_yes(
    world: World, trouble: Callable[[World], None], words: str, paid: int
) -> None:
    async with world.bot():
        trouble(world)
        await world.hears(await world.asks("refund 12.00 on INV-1004"), words)

    assert len(world.refunds) == paid
