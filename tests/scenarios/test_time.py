"""Reminders, escalation, deadlines: by stored times, on a Redis whose clock is the only one that rings."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from bot.connection import slack_clock
from bot.domain.approvals.policy import Policy, ask
from bot.domain.errors import CannotStart
from bot.domain.sources import Sources
from bot.wiring.app import real_sources, running
from devkit.demo import free_ports
from devkit.slack.server import PATIENCE
from tests.readiness import fact
from tests.tools import SECOND, give_money, gives, scripted
from tests.world import MEI, OMAR, THEO, World, ids

ROLES = {"APPROVERS": json.dumps({"finance": ["S0FINANCE1"], "owners": [THEO]})}


async def test_those_who_have_not_decided_are_reminded_again_and_again_later(world: World) -> None:
    scripted(world, gives("29.00"), last="Given.")
    tool = give_money(Policy(ask("finance", remind_after=SECOND, expires_after=60 * SECOND)))
    async with world.bot(tool, **ROLES):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        (main,) = world.cards_in("C0FINANCE1")
        await world.slack.until(lambda: len(world.slack.thread("C0FINANCE1", main.ts)) == 3)
        reminders = world.slack.thread("C0FINANCE1", main.ts)[1:]
        assert "<!subteam^S0FINANCE1>" in reminders[0].text
        assert "*Give money · 29.00 USD* still waits for you" in reminders[0].text
        await world.approves(OMAR, card)
        await world.hears(thread, "Given.")

    assert (await world.deeds()).count("reminded") == 2


async def test_the_backup_may_decide_once_it_has_been_escalated_and_not_before(world: World) -> None:
    scripted(world, gives("29.00"), last="Given.")
    rule = ask("finance", escalate_to="owners", escalate_after=2 * SECOND, expires_after=60 * SECOND)
    async with world.bot(give_money(Policy(rule)), **ROLES):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        await world.approves(THEO, card)
        await world.told(THEO, "not one of the approvers")
        await world.slack.until(lambda: "one of finance (Mei Lin, Omar Haddad) or owners (" in card.shown)
        (main,) = world.cards_in("C0FINANCE1")
        await world.slack.until(lambda: len(world.slack.thread("C0FINANCE1", main.ts)) == 2)
        assert f"<@{THEO}> Nobody of finance has decided" in world.slack.thread("C0FINANCE1", main.ts)[1].text
        await world.approves(THEO, card)
        await world.hears(thread, "Given.")

    assert world.refunds == [("INV-1003", "29.00")]


async def test_what_nobody_decides_expires_and_the_model_is_told(world: World) -> None:
    scripted(world, gives("29.00"), last="Nobody decided in time.")
    async with world.bot(give_money(Policy(ask("finance", expires_after=2 * SECOND))), **ROLES):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        await world.hears(thread, "Nobody decided in time.")
        await world.slack.until(lambda: "*Expired*" in card.shown)

    assert world.refunds == []
    assert ids(card) == ["details"]
    assert "Nobody decided before the deadline" in str(world.model.asked()[-1])


async def test_a_deadline_that_comes_while_no_bot_runs_is_kept_by_the_next_one(world: World) -> None:
    scripted(world, gives("29.00"), last="Nobody decided in time.")
    tool = give_money(Policy(ask("finance", expires_after=SECOND)))
    async with world.bot(tool, **ROLES):
        thread = await world.asks("give them money")
        card = await world.card(thread)
    async with world.bot(tool, **ROLES):
        await world.hears(thread, "Nobody decided in time.")

    assert "*Expired*" in card.shown


async def test_a_bot_whose_clock_is_an_hour_behind_still_lets_the_deadline_come_once(world: World) -> None:
    scripted(world, gives("29.00"), last="Nobody decided in time.")
    tool = give_money(Policy(ask("finance", expires_after=SECOND)))
    real = real_sources()
    slow = Sources(now=lambda: real.now() - timedelta(hours=1), token=real.token, ticks=real.ticks)
    async with world.bot(tool, **ROLES):
        thread = await world.asks("give them money")
        card = await world.card(thread)
    async with running(world.settings(**ROLES), slow, world.team(tool)):
        await world.hears(thread, "Nobody decided in time.")

    assert "*Expired*" in card.shown
    assert (await world.deeds()).count("expired") == 1


async def test_a_rejection_counts_where_the_clock_of_the_bot_is_two_hours_ahead(world: World) -> None:
    scripted(world, gives("29.00"), last="Rejected, then.")
    tool = give_money(Policy(ask("finance", expires_after=3600 * SECOND)))
    real = real_sources()
    fast = Sources(now=lambda: real.now() + timedelta(hours=2), token=real.token, ticks=real.ticks)
    async with running(world.settings(**ROLES), fast, world.team(tool)):
        thread = await world.asks("give them money")
        await world.rejects(MEI, await world.card(thread), "no")
        await world.hears(thread, "Rejected, then.")

    records = await world.records()
    assert [link.entry.deed for link in records if link.entry.approval][-1] == "decided"
    assert all(abs(link.entry.at - real.now()) < timedelta(hours=1) for link in records)


@pytest.mark.parametrize(("off", "said"), [(100, "100 seconds ahead of"), (-100, "100 seconds behind")])
async def test_a_bot_whose_clock_is_too_far_off_does_not_start(world: World, off: int, said: str) -> None:
    real = real_sources()
    wrong = Sources(lambda: real.now() + off * SECOND, real.token, real.ticks)
    with pytest.raises(CannotStart, match=f"The clock of this machine is {said}"):
        async with running(world.settings(CLOCK_TOLERANCE_SECONDS="60"), wrong, world.team()):
            pass


async def test_a_redis_whose_clock_is_far_from_slacks_is_refused(world: World) -> None:
    world.slack.clock.advance(timedelta(seconds=90))
    with pytest.raises(CannotStart, match="The clock of Slack is [0-9]+ seconds ahead of"):
        async with world.bot(CLOCK_TOLERANCE_SECONDS="60"):
            pass


async def test_a_click_after_the_deadline_counts_for_nothing_even_before_it_was_noticed(world: World) -> None:
    scripted(world, gives("29.00"))
    async with world.bot(give_money(Policy(ask("finance", expires_after=3600 * SECOND))), **ROLES):
        card = await world.card(await world.asks("give them money"))
        world.slack.clock.advance(timedelta(hours=2))
        await world.approves(MEI, card)
        await world.told(MEI, "This approval has expired")

    assert world.refunds == []


async def test_a_deadline_that_meets_a_slack_in_trouble_is_still_told_to_the_model(world: World) -> None:
    scripted(world, gives("29.00"), last="Nobody decided in time.")
    async with world.bot(give_money(Policy(ask("finance", expires_after=2 * SECOND))), **ROLES):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        world.slack.fault("chat.postMessage", error="internal_error", times=1)
        await world.hears(thread, "Nobody decided in time.")
        await world.slack.until(lambda: "*Expired*" in card.shown)


async def test_slacks_clock_is_measured_again_and_again_and_said_in_readyz(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_clock, "PAUSE", 0.05)
    (port,) = free_ports(1)
    async with world.bot(HEALTH_PORT=str(port)):
        assert await fact(port, "slack_clock_off_seconds") == 0
        world.slack.clock.advance(timedelta(minutes=2))
        async with asyncio.timeout(PATIENCE):
            while await fact(port, "slack_clock_off_seconds") < 115:
                pass
