"""What comes late, or under other keys, brings nothing back and spoils nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from bot.background.worker import MAX_TRIES
from bot.domain.approvals.approval import Approval, Decision, Verdict, canonical
from bot.domain.approvals.quorum import Seat
from bot.domain.approvals.transitions import decide
from bot.domain.errors import CannotStart
from bot.domain.events import DecisionMade, EditMade, Event, MessageReceived, ResetRequested, ResetVia
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.writes import Writes
from devkit.model.script import Hang
from devkit.slack.server import PATIENCE
from devkit.slack.workspace import TEAM
from tests.scenarios.test_home import stands_in
from tests.tools import give_money, gives, scripted
from tests.world import ANA, BOT_USER, OMAR, SUPPORT, THEO, World


@asynccontextmanager
async def inbox_of(world: World) -> AsyncGenerator[Inbox]:
    """The inbox as a replica has it that heard what no socket delivers here."""
    async with client.connect(world.redis_url) as redis:
        keys, sealer = world.keys, Sealer([world.key])
        yield Inbox(redis, keys, sealer, dedupe_ttl=timedelta(hours=25), lease=timedelta(seconds=3))


async def comes_late(world: World, thread: str, ts: str, event: Event) -> None:
    """Let something of then be delivered now, as Slack's third try or a look back would."""
    async with inbox_of(world) as inbox:
        await inbox.append(ThreadRef(TEAM, SUPPORT, thread), event, event_ids=(f"late:{ts}",), order=ts)


async def comes_to(world: World, true: Callable[[], object]) -> None:
    """Wait for what Slack does not hear of."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    await world.slack.workspace.change()


async def test_a_message_from_before_a_reset_is_not_answered_after_it(world: World) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        before = world.slack.workspace.new_ts()
        await world.asks("reset", thread=thread)
        await world.hears(thread, "Forgotten")
        await comes_late(world, thread, before, MessageReceived(before, ANA, "refund $12 on INV-1003"))
        await world.slack.says(ANA, SUPPORT, "show me INV-1005", thread_ts=thread)
        await world.hears(thread, "Rowan Freight")

    assert world.refunds == []
    assert len(world.replies(thread)) == 3
    assert "refund $12" not in str([asked.body for asked in world.model.requests])


async def test_a_late_reset_does_not_bring_back_what_a_later_one_has_forgotten(world: World) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        early, between = world.slack.workspace.new_ts(), world.slack.workspace.new_ts()
        await world.asks("reset", thread=thread)
        await world.hears(thread, "Forgotten")
        await comes_late(world, thread, early, ResetRequested(ANA, ResetVia.LINK, early))
        await world.slack.until(lambda: len(world.done(thread)) == 3)
        await comes_late(world, thread, between, MessageReceived(between, ANA, "refund $12 on INV-1003"))
        await world.slack.says(ANA, SUPPORT, "show me INV-1005", thread_ts=thread)
        await world.hears(thread, "Rowan Freight")

    assert world.refunds == []
    assert "refund $12" not in str([asked.body for asked in world.model.requests])


async def test_an_edit_that_the_tool_would_refuse_changes_nothing_whatever_form_it_came_from(
    world: World,
) -> None:
    scripted(world, gives("29.00"), last="Given.")
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        (approval,) = await pending(world)
        now = world.slack.workspace.new_ts()
        arguments = canonical(json.loads(approval.arguments) | {"currency": "XBT"})
        at = datetime.fromtimestamp(float(now), UTC)
        edit = EditMade(approval.id, OMAR, arguments, at, SUPPORT, thread, approval.digest, card.ts)
        await comes_late(world, thread, now, edit)
        await world.slack.until(lambda: world.slack.ephemerals(OMAR))
        assert [one.arguments for one in await pending(world)] == [approval.arguments]
        await world.approves(OMAR, card)  # who changed nothing is no author
        await world.hears(thread, "Given.")

    assert world.refunds == [("INV-1003", "29.00")]


async def pending(world: World) -> list[Approval]:
    """What waits."""
    async with client.connect(world.redis_url) as redis:
        return await ThreadStore(redis, world.keys, Sealer([world.key])).pending(TEAM)


async def test_a_click_that_a_worker_recorded_before_it_died_still_moves_the_run(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
    (approval,) = await pending(world)
    now = world.slack.workspace.new_ts()
    at, place = datetime.fromtimestamp(float(now), UTC), (SUPPORT, thread)
    click = DecisionMade(
        approval.id, OMAR, Verdict.APPROVE, at, *place, digest=approval.shown, card_ts=card.ts
    )
    decision = Decision(OMAR, Verdict.APPROVE, at, digest=approval.shown)
    await comes_late(world, thread, now, click)
    async with inbox_of(world) as inbox:
        # The bot before may have ended with a lease that is yet to run out.
        while not isinstance(claim := await inbox.claim("a worker that dies"), Claim):
            await asyncio.wait({asyncio.ensure_future(world.slack.workspace.change())}, timeout=0.1)
        assert claim.event == click
        decided = decide(approval, decision, seats=[Seat(OMAR, ("finance",))])
        await inbox.checkpoint(claim, Writes().approval(decided))
    async with world.bot():
        await world.hears(thread, "Done: I refunded")

    assert world.refunds == [("INV-1003", "29.00")]
    assert world.slack.ephemerals(OMAR) == []


async def test_a_worker_that_lost_its_lease_is_cut_off_though_its_model_says_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.model.script(Hang(600))
    with caplog.at_level(logging.INFO, "bot"):
        async with world.bot(MODEL_SILENCE_SECONDS="600"):
            thread = await world.asks("show me INV-1003")
            await comes_to(world, lambda: world.model.asked())  # and says nothing
            async with client.connect(world.redis_url) as redis:
                row = world.keys.row(ThreadRef(TEAM, SUPPORT, thread))
                await redis.hset(row, "owner", "somebody else")  # pyright: ignore[reportGeneralTypeIssues]
            await world.hears(thread, "Hazel & Co")
            await comes_to(world, lambda: "lease lost" in caplog.text)

    assert len(world.replies(thread)) == 1


async def test_what_fails_again_and_again_is_put_aside_and_said(world: World) -> None:
    thread = await world.asks("show me INV-1003")
    ref = ThreadRef(TEAM, SUPPORT, thread)
    async with client.connect(world.redis_url) as redis:  # it has failed before, in replicas that are gone
        row = world.keys.row(ref)
        await redis.hset(row, f"tries:msg:{SUPPORT}:{thread}", str(MAX_TRIES - 1))  # pyright: ignore[reportGeneralTypeIssues]
    world.slack.fault("chat.postMessage", error="invalid_blocks")
    async with world.bot():
        await world.hears(thread, "I put it aside")
        await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> show me INV-1005", thread_ts=thread)
        await world.hears(thread, "Rowan Freight")


async def test_a_bot_with_other_keys_does_not_start_on_what_is_stored(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        await world.card(thread)
    with pytest.raises(CannotStart, match="STATE_KEYS"):
        async with world.bot(STATE_KEYS=Fernet.generate_key().decode()):
            pass

    async with world.bot():
        await world.approves(OMAR, await world.card(thread))
        await world.hears(thread, "Done: I refunded")


async def test_who_became_a_guest_stands_in_for_nobody_any_more(world: World) -> None:
    async with world.bot():
        await world.slack.opens_home(OMAR)
        await world.home(OMAR, "Nobody decides in your place.")
        await stands_in(world, OMAR, THEO)
        await world.home(OMAR, "may decide in your place")
        card = await world.card(await world.asks("refund $29 on INV-1003"))
        world.slack.workspace.people[THEO].is_restricted = True
        await world.approves(THEO, card)
        await world.told(THEO, "not one of the approvers")

    assert world.refunds == []
