"""Nobody can decide: said at once to who asked and to the approvers, once, and again when it is over."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

from bot.conversation.approval_cards import DIRECT
from bot.conversation.requests import staffing_id
from bot.domain.approvals.condition import over
from bot.domain.approvals.policy import Policy, ask
from bot.domain.events import StaffingDue
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.inbox import Inbox
from bot.store.sealer import Sealer
from bot.wiring.app import real_sources
from devkit.slack.server import PATIENCE
from devkit.slack.workspace import TEAM, Person
from tests.tools import give_money, gives, scripted
from tests.world import ANA, BOT_USER, GUS, MEI, OMAR, SUPPORT, THEO, World, ids

LACKS, AGAIN = "Nobody can decide", "can be decided again"
POLICY = Policy(ask("finance"), ask("legal", when=over("amount", 20)), editable=("amount",))
LEGAL = {"APPROVERS": json.dumps({"finance": [OMAR, THEO], "legal": ["S0LEGAL001"]})}


async def planned(world: World, thread: str, due: StaffingDue) -> None:
    """Wait until a look is planned."""
    timers = world.keys.timers(ThreadRef(TEAM, SUPPORT, thread))
    async with client.connect(world.redis_url) as redis, asyncio.timeout(PATIENCE):
        while await redis.zscore(timers, staffing_id(due)) is None:
            await world.moment()


async def looks_now(world: World, thread: str, due: StaffingDue) -> None:
    """Wait until a look is planned, and let its time come: that timer is moved to now."""
    await planned(world, thread, due)
    async with client.connect(world.redis_url) as redis:
        inbox = Inbox(
            redis,
            world.keys,
            Sealer([world.key]),
            dedupe_ttl=timedelta(hours=26),
            lease=timedelta(seconds=3),
        )
        where = ThreadRef(TEAM, SUPPORT, thread)
        await inbox.schedule(where, due, event_id=staffing_id(due), at=real_sources().now())
        await inbox.nudge()


async def approval_of(world: World) -> str:
    return next(link.entry.approval for link in await world.records() if link.entry.approval)


def calls(world: World, method: str) -> int:
    """How often the bots have asked Slack for something."""
    return sum(call.method == method for call in world.slack.calls)


def told(world: World, text: str) -> list[str]:
    """Where something is said, each place as often as it is."""
    messages = world.slack.workspace.messages
    return [channel for channel in messages for m in messages[channel].values() if text in m.shown]


async def test_an_edit_that_needs_a_role_which_only_the_requester_has_is_told_and_so_is_its_end(
    world: World,
) -> None:
    world.slack.workspace.groups["S0LEGAL001"] = ("legal", [ANA])
    scripted(world, gives("19.00"), last="Given.")
    async with world.bot(give_money(POLICY), **LEGAL), world.bot(give_money(POLICY), **LEGAL):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        world.slack.fault("chat.postMessage", status=500, times=4, channel="C0FINANCE1")
        await world.edits(OMAR, card, amount="25.00")
        notice = await world.hears(thread, LACKS)
        assert f"<@{ANA}> {LACKS} on *Give money · 25.00 USD* as things are." in notice.shown
        assert "needs 1 of legal, but all of its people asked for this or changed it" in notice.shown
        await world.slack.until(lambda: len(told(world, LACKS)) == 2)
        approval = await approval_of(world)
        await looks_now(world, thread, StaffingDue(approval, 1, 1))  # nothing has changed
        await planned(world, thread, StaffingDue(approval, 1, 2))
        world.slack.workspace.groups["S0LEGAL001"] = ("legal", [ANA, MEI])
        await looks_now(world, thread, StaffingDue(approval, 1, 2))
        await world.slack.until(lambda: len(told(world, AGAIN)) == 2)

    assert sorted(told(world, LACKS)) == ["C0FINANCE1", SUPPORT]
    assert sorted(told(world, AGAIN)) == ["C0FINANCE1", SUPPORT]
    deeds = await world.deeds()
    assert (deeds.count("undecidable"), deeds.count("decidable")) == (1, 1)


async def test_a_slack_that_was_asked_too_often_is_waited_for_and_is_not_nobody(world: World) -> None:
    scripted(world, gives("29.00"), last="Given.")
    world.slack.fault("usergroups.users.list", status=429, retry_after=6, times=1)
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        await world.slack.until(lambda: calls(world, "usergroups.users.list"))
        await world.approves(OMAR, card)
        await world.hears(thread, "Given.")

    assert told(world, LACKS) == []
    assert "undecidable" not in await world.deeds()


async def test_people_who_do_not_count_are_nobody_and_nobody_is_said_to_have_been_asked(world: World) -> None:
    world.slack.workspace.people[MEI].deleted = True
    world.slack.workspace.groups["S0GUESTS01"] = ("guests", [GUS, BOT_USER])
    names = {"APPROVERS": json.dumps({"finance": ["S0GUESTS01", MEI]}), "APPROVALS_CHANNEL": ""}
    direct = world.slack.workspace.direct(ANA).id
    scripted(world, gives("29.00"))
    async with world.bot(give_money(), **names):
        thread = await world.slack.says(ANA, direct, "give them money")
        notice = await world.hears(thread, LACKS, channel=direct)

    assert "are guests, apps or deactivated, who do not count" in notice.shown
    assert "I have asked the approvers" not in "\n".join(world.said())


async def test_a_group_that_is_switched_off_while_it_waits_is_told_at_the_next_look(world: World) -> None:
    scripted(world, gives("29.00"))
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        await world.card(thread)
        await world.slack.until(lambda: calls(world, "users.info"))
        world.slack.workspace.disabled.add("S0FINANCE1")
        await looks_now(world, thread, StaffingDue(await approval_of(world), 0, 1))
        notice = await world.hears(thread, LACKS)

    assert "its group in Slack is empty, switched off or gone" in notice.shown


async def test_of_many_approvers_some_are_asked_directly_however_busy_slack_is(world: World) -> None:
    many = [f"U0MANY{number:04d}" for number in range(130)]
    for user in many:
        world.slack.workspace.people[user] = Person(user, user.lower(), user, "", "112233")
    world.slack.workspace.groups["S0FINANCE1"] = ("finance", many)
    async with world.bot(give_money(Policy(ask("finance", when=over("amount", 20)))), APPROVALS_CHANNEL=""):
        await world.hears(
            await world.asks("show me INV-1003"), "Hazel & Co"
        )  # her time zone is known by then
        # Who asks is waited for: the model is asked once all the same.
        world.slack.fault("users.info", status=429, retry_after=6, times=1)
        scripted(world, gives("10.00", "29.00"))
        thread = await world.asks("give them money")
        card = await world.card(thread)  # whoever looks into the thread need not wait for Slack
        await world.hears(thread, "I have asked the approvers directly")

    assert "approve" in ids(card)
    assert world.refunds == []  # calls of one turn go on together
    assert [user for user in many if world.direct_cards(user)] == many[:DIRECT]
    assert calls(world, "users.info") < 2 * DIRECT
    assert told(world, LACKS) == []
