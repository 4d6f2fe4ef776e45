"""Cards of approvals that Redis has forgotten: nobody can click them for ever, and they say what is true."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.connection import backfill
from bot.domain.audit import Deed
from bot.store import client
from bot.wiring.app import real_sources, running
from countersign.teams import hr
from countersign.teams.hr.settings import HrSettings
from countersign.teams.hr.time_off import TimeOff
from devkit.model.script import Calls
from devkit.slack.workspace import Message
from tests.redis_server import RedisServer
from tests.scenarios.test_forgotten import refund
from tests.scenarios.test_outcome import breaks_off
from tests.tools import give_money, gives, lost_answer, scripted
from tests.world import ANA, MEI, OMAR, SUPPORT, THEO, World, ids

FINANCE = "C0FINANCE1"
NOBODY_CAN = "nobody can decide it here"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "BEAT", 0.2)


async def settled(world: World, card: Message, *told: str) -> None:
    """Wait until a card says this, and that there is nothing to decide on it."""
    await world.slack.until(lambda: all(one in card.shown for one in told))
    assert "approve" not in ids(card)


async def test_a_card_whose_approval_is_forgotten_says_so_and_one_that_waits_is_left_alone(
    around: World, server: RedisServer
) -> None:
    async with around.bot():
        kept = await around.card(await around.asks("refund $29 on INV-1003"))
        await around.hears(await around.asks("show me INV-1001"), "Northwind Tea")
        written = server.written
        thread = await around.asks("refund $31 on INV-1005")
        mirror = await around.card(thread)
        server.lose_power(written)
        card = around.cards_in(FINANCE)[-1]
        for one in (mirror, card):
            await settled(around, one, "Withdrawn: Refund 31.00 USD to Rowan Freight", NOBODY_CAN)
            assert "Nothing was done because of it." in one.shown
        await around.hears(thread, "and this got lost")
        assert "approve" in ids(kept)
        await around.approves(OMAR, kept)
        await around.slack.until(lambda: "*Done*" in kept.shown)

    assert len([said for said in around.said() if "and this got lost" in said]) == 1
    assert around.refunds == [("INV-1003", "29.00")]


async def test_a_message_that_was_noted_for_later_is_told_that_there_is_no_later(
    around: World, server: RedisServer
) -> None:
    async with around.bot():
        await around.hears(await around.asks("show me INV-1001"), "Northwind Tea")
        written = server.written
        await around.card(thread := await around.asks("refund $31 on INV-1005"))
        await around.slack.says(ANA, SUPPORT, "hello, are you there?", thread_ts=thread)
        await around.hears(thread, "I will read your message right after that")
        server.lose_power(written)
        await around.hears(thread, "and this got lost")

    assert around.refunds == []


async def test_a_reset_that_is_forgotten_is_made_again(around: World, server: RedisServer) -> None:
    async with around.bot():
        threads = [await around.asks(f"refund ${amount} on INV-1005") for amount in (31, 32)]
        cards = [await around.card(thread) for thread in threads]
        await around.hears(await around.asks("show me INV-1001"), "Northwind Tea")
        written = server.written
        await around.asks("reset", thread=threads[0])
        await around.hears(threads[0], "say reset once more")
        await around.asks("reset", thread=threads[0])
        await around.slack.shortcut(THEO, "reset_thread", SUPPORT, threads[1])
        await around.told(THEO, "Which thread should I forget?")
        (picker,) = around.slack.ephemerals(THEO)
        await around.slack.clicks(THEO, SUPPORT, picker.ts, "reset_thread")  # no message tells of it
        for thread, card in zip(threads, cards, strict=True):
            await around.hears(thread, "One pending approval was withdrawn.")
            await settled(around, card, "Withdrawn")
        server.lose_power(written)
        await around.recorded("withdrawn", 2)
        await around.hears(await around.asks("show me INV-1002"), "INV-1002")
        for card in cards:
            await settled(around, card, "Withdrawn")

    assert around.refunds == []
    made = [link.entry for link in await around.records() if link.entry.deed is Deed.RESET]
    assert {(one.person, one.details["via"]) for one in made} == {(ANA, "mention"), (THEO, "picker")}
    for thread in threads:
        assert len([said for said in around.done(thread) if "Forgotten, as asked." in said.shown]) == 1


async def test_a_card_whose_call_was_made_says_that_it_was(around: World, server: RedisServer) -> None:
    async with around.bot():
        await around.hears(await around.asks("show me INV-1001"), "Northwind Tea")
        written = server.written
        thread = await around.asks("refund $29 on INV-1003")
        mirror = await around.card(thread)
        # Neither that it is decided can be shown, nor that it is done.
        fault = around.slack.fault("chat.update", error="cant_update_message", channel=FINANCE, times=2)
        await around.approves(OMAR, mirror)
        await around.hears(thread, "Done: I refunded **29.00 USD**")
        await around.slack.until(lambda: not fault.times)
        (card,) = around.cards_in(FINANCE)
        assert "approve" in ids(card)
        server.lose_power(written)
        await settled(around, card, "Approved: Refund 29.00 USD to Hazel", "It was done before that")
        assert '"amount": "29.00"' in card.shown


async def test_a_click_on_a_card_that_was_forgotten_takes_its_buttons_away(world: World) -> None:
    async with world.bot():
        card = await world.card(await world.asks("refund $29 on INV-1003"))
    async with client.connect(world.redis_url) as redis:
        async for key in redis.scan_iter(match=f"{world.prefix}:*:approval:*"):
            await redis.delete(key)
    async with world.bot():
        await world.approves(OMAR, card)
        await world.told(OMAR, "no longer know this card")
        await settled(
            world, card, "Withdrawn: Refund 29.00 USD to Hazel", NOBODY_CAN, "I cannot tell whether"
        )

    assert world.refunds == []


async def test_a_card_that_shows_a_decision_which_is_forgotten_can_be_decided_again(
    around: World, server: RedisServer
) -> None:
    async with around.bot():
        card = await around.card(await around.asks("refund $29 on INV-1003"))
        await around.hears(await around.asks("show me INV-1001"), "Northwind Tea")
        for invoice in ("INV-1001", "INV-1002"):  # the second time it remembers that it was put right before
            written = server.written
            await around.rejects(OMAR, card)
            await around.slack.until(lambda: "*Rejected*" in card.shown)
            server.lose_power(written)
            await around.slack.until(lambda: "approve" in ids(card))
            await around.hears(await around.asks(f"show me {invoice}"), invoice)
        await around.approves(OMAR, card)
        await around.slack.until(lambda: "*Done*" in card.shown)

    assert around.refunds == [("INV-1003", "29.00")]


async def test_what_was_made_and_is_forgotten_is_not_asked_again_nor_made(
    around: World, server: RedisServer
) -> None:
    first, second = refund("29.00", "late"), refund("31.00", "very late")
    scripted(around, Calls([first]), Calls([second]))
    async with around.bot():
        thread = await around.asks("give it back")
        card = await around.card(thread)
        await around.hears(thread, "I have asked in")
        written = server.written
        await around.approves(OMAR, card)
        await around.slack.until(lambda: around.refunds == [("INV-1005", "29.00")] and around.cards(thread))
        await around.approves(OMAR, await around.card(thread))
        await around.slack.until(lambda: len(around.refunds) == 2)
        await around.hears(thread, "That was all.")
        scripted(around, Calls([second]), last="Both were made.")
        server.lose_power(written)
        await settled(
            around, card, "Done before: Refund 29.00 USD to Rowan Freight", "says that this was done before"
        )
        await around.hears(thread, "Both were made.")
        assert not around.cards(thread)

        mark = card.metadata or {}
        closed = [link.entry.approval for link in await around.records() if link.entry.deed is Deed.WITHDRAWN]
        assert closed == [mark["event_payload"]["approval_id"]]

    assert around.refunds == [("INV-1005", "29.00"), ("INV-1005", "31.00")]
    assert around.billing.requests == 2


async def test_what_was_made_in_another_form_and_is_forgotten_says_so(
    around: World, server: RedisServer
) -> None:
    scripted(around, Calls([refund("29.00", "late")]))
    async with around.bot():
        thread = await around.asks("give it back")
        card = await around.card(thread)
        await around.hears(thread, "I have asked in")
        written = server.written
        await around.edits(OMAR, card, amount="25.00")
        await around.slack.until(lambda: "*Changed* by" in card.shown)
        await around.approves(MEI, card)
        await around.hears(thread, "That was all.")
        scripted(around, last="Seen.")
        server.lose_power(written)
        await around.slack.until(lambda: "Done, but not as it stands here" in card.shown)
        await around.hears(thread, "25.00 USD were refunded, where 29.00 USD were asked for.")

    assert around.refunds == [("INV-1005", "25.00")]


async def test_time_off_that_was_booked_and_is_forgotten_is_not_asked_for_again(
    around: World, server: RedisServer, tmp_path: Path
) -> None:
    off = HrSettings(_env_file=None, time_off_database=tmp_path / "off.sqlite")  # pyright: ignore[reportCallIssue]
    settings = around.settings(TEAM="hr", APPROVERS=json.dumps({"hr": [OMAR]}), APPROVALS_CHANNEL="")
    async with running(settings, real_sources(), hr.team(off)):
        thread = await around.asks("book time off from 2026-12-07 to 2026-12-11")
        card = await around.card(thread)
        await around.hears(thread, "I have asked")
        written = server.written
        await around.approves(OMAR, card)
        await around.slack.until(lambda: "*Done*" in card.shown)
        server.lose_power(written)
        await settled(around, card, "Done before:", "says that this was done before")

    days = TimeOff(off.time_off_database, days_a_year=off.time_off_days_a_year)
    assert [one.days for one in days.of(ANA)] == [5]


async def test_a_thread_that_asks_what_happened_says_so_where_the_question_is_forgotten(
    around: World, server: RedisServer
) -> None:
    async with around.bot(give_money()):
        await around.hears(await around.asks("show me INV-1001"), "Northwind Tea")
        written = server.written
        scripted(around, gives("29.00"))
        thread, question = await breaks_off(around, lost_answer())
        server.lose_power(written)
        await around.hears(thread, "and this got lost")
        await settled(around, question, NOBODY_CAN)

    assert "happened" not in ids(question)
    assert around.refunds == [("INV-1003", "29.00")]
