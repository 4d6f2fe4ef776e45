"""Each role is asked in a channel of its own, and every card of a call is one that counts."""

from __future__ import annotations

import json

from bot.domain.approvals.policy import Policy, ask
from devkit.slack.workspace import Message
from tests.tools import SECOND, give_money, gives, scripted
from tests.world import ANA, MEI, OMAR, THEO, World, ids

FINANCE, PEOPLE = "C0FINANCE1", "C0PEOPLE01"
APPROVERS = json.dumps({"finance": ["S0FINANCE1"], "hr": [THEO], "ops": []})
TABLE = json.dumps({"hr": PEOPLE, "*": FINANCE})
ROLES = {"APPROVERS": APPROVERS, "APPROVALS_CHANNEL": TABLE}
BOTH = Policy(ask("finance", remind_after=2 * SECOND), ask("hr", remind_after=2 * SECOND))


def below(world: World, card: Message) -> list[str]:
    """What was said below a card of a channel."""
    return [m.text for m in world.slack.thread(card.channel, card.ts)[1:]]


async def test_a_call_that_needs_two_roles_has_a_card_in_both_channels_until_both_agreed(
    world: World,
) -> None:
    scripted(world, gives("29.00"), last="Given.")
    async with world.bot(give_money(BOTH), **ROLES):
        thread = await world.asks("give them money")
        await world.hears(thread, f"I have asked in <#{FINANCE}> and <#{PEOPLE}>.")
        mirror = await world.card(thread)
        (finances,), (hrs,) = world.cards_in(FINANCE), world.cards_in(PEOPLE)
        await world.approves(OMAR, finances)
        await world.slack.until(lambda: "Still needed: 1 of hr" in hrs.shown)
        told, called = below(world, finances), below(world, hrs)
        await world.slack.until(lambda: len(below(world, hrs)) > len(called))
        await world.approves(THEO, hrs)
        await world.hears(thread, "Given.")
        await world.slack.until(lambda: all(ids(card) == ["details"] for card in (finances, hrs, mirror)))

    assert all(f"<@{THEO}>" in text and "S0FINANCE1" not in text for text in below(world, hrs))
    assert below(world, finances) == told  # who has agreed is reminded no more
    assert world.refunds == [("INV-1003", "29.00")]


async def test_where_the_channel_of_one_role_takes_no_card_its_people_are_asked_directly(
    world: World,
) -> None:
    scripted(world, gives("29.00"), last="Given.")
    world.slack.removes_bot(PEOPLE)
    async with world.bot(give_money(BOTH), **ROLES):
        thread = await world.asks("give them money")
        await world.hears(thread, f"I have asked in <#{FINANCE}>, and some approvers directly.")
        (theos,) = world.direct_cards(THEO)
        assert world.direct_cards(OMAR) == world.direct_cards(MEI) == []
        await world.approves(THEO, theos)
        await world.slack.until(lambda: "Still needed: 1 of finance" in theos.shown)
        await world.approves(OMAR, world.cards_in(FINANCE)[0])
        await world.hears(thread, "Given.")

    assert world.refunds == [("INV-1003", "29.00")]


async def test_a_backup_gets_its_card_and_is_called_in_its_own_channel(world: World) -> None:
    scripted(world, gives("29.00"), last="Given.")
    rule = ask("finance", escalate_to="hr", escalate_after=2 * SECOND, expires_after=60 * SECOND)
    async with world.bot(give_money(Policy(rule)), **ROLES):
        thread = await world.asks("give them money", user=ANA, channel=FINANCE)
        mine = await world.card(thread, channel=FINANCE)
        assert world.cards_in(PEOPLE) == []
        await world.slack.until(
            lambda: [c for c in world.cards_in(PEOPLE) if world.slack.thread(PEOPLE, c.ts)[1:]]
        )
        (theirs,) = world.cards_in(PEOPLE)
        called = world.slack.thread(PEOPLE, theirs.ts)[1].text
        await world.approves(THEO, theirs)
        await world.hears(thread, "Given.", channel=FINANCE)
        await world.slack.until(lambda: ids(mine) == ids(theirs) == ["details"])

    assert f"<@{THEO}> Nobody of finance has decided" in called
    assert not [m for m in world.replies(thread, FINANCE) if "Nobody of finance" in m.shown]


async def test_a_card_stays_where_it_was_posted_when_the_table_changes_and_is_kept_true_there(
    world: World,
) -> None:
    scripted(world, gives("29.00"), last="Given.")
    tool = give_money(Policy(ask("hr", quorum=2)))
    roles = {"APPROVERS": json.dumps({"finance": [], "hr": [THEO, MEI], "ops": []})}
    async with world.bot(tool, **roles, APPROVALS_CHANNEL=FINANCE):
        thread = await world.asks("give them money")
        await world.card(thread)
        (before,) = world.cards_in(FINANCE)
    async with world.bot(tool, **roles, APPROVALS_CHANNEL=TABLE):
        await world.approves(MEI, before)
        await world.slack.until(lambda: "Still needed: 1 of hr" in before.shown and world.cards_in(PEOPLE))
        (after,) = world.cards_in(PEOPLE)
        await world.approves(THEO, after)
        await world.hears(thread, "Given.")
        await world.slack.until(lambda: ids(before) == ids(after) == ["details"])

    assert len(world.cards_in(FINANCE)) == len(world.cards_in(PEOPLE)) == 1
