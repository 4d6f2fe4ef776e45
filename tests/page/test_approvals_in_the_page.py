"""Every state of a card, the forms and Home, in a real browser: the pictures of docs/approvals.md."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from bot.policy import Policy, ask, over
from bot.requirement import Severity
from devkit.model.script import Calls, Text
from devkit.slack.workspace import Message
from tests.page.browser import opened
from tests.tools import SECOND, gift, give_money, lost_answer, scripted
from tests.world import ANA, MEI, OMAR, SUPPORT, THEO, World, ids

POLICY = Policy(
    ask("finance", when=over("amount", 5), why="Gifts over 5.00 need one of finance."),
    ask(
        "finance", when=over("amount", 100), why="Over 100.00 two of them.", quorum=2, severity=Severity.HIGH
    ),
    editable=("amount", "currency", "note"),
    rest_of_run=True,
)


Take = Callable[[Locator, str], Awaitable[None]]


@pytest.fixture
def picture(pictures: Path) -> Take:
    """Takes a picture of one thing for the documents."""

    async def take(of: Locator, name: str) -> None:
        await of.scroll_into_view_if_needed()
        await of.screenshot(path=pictures / f"{name}.png")

    return take


def card_in(page: Page, text: str) -> Locator:
    """The card in the open thread that says something."""
    return page.get_by_test_id("thread-pane").get_by_test_id("message").filter(has_text=text).last


async def waiting(world: World, *amounts: str, note: str = "they paid twice") -> tuple[str, Message]:
    """Ask for money, and wait for the card."""
    scripted(
        world, Calls([gift(amount, "INV-1005", note=note) for amount in amounts]), last="That is settled."
    )
    thread = await world.asks("give them money")
    return thread, await world.card(thread)


async def test_a_card_is_edited_by_one_and_approved_by_another(world: World, picture: Take) -> None:
    async with world.bot(give_money(POLICY)):
        thread, card = await waiting(world, "29.00")
        async with opened(f"{world.slack.url}/?as={OMAR}#{SUPPORT}/{thread}") as page:
            shown = card_in(page, "Approval needed")
            await expect(shown).to_contain_text("give_money · 29.00 USD")
            await picture(shown, "card-pending")
            await shown.get_by_role("button", name="Edit").click()
            modal = page.get_by_test_id("modal")
            await modal.get_by_label("amount").fill("25.00")
            await picture(modal, "edit-form")
            await page.get_by_test_id("modal-submit").click()
            await expect(card_in(page, "Approval needed")).to_contain_text('amount: "29.00" → "25.00"')
            await picture(card_in(page, "Approval needed"), "card-edited")
            await card_in(page, "Approval needed").get_by_role("button", name="Approve", exact=True).click()
            await expect(page.get_by_test_id("ephemeral").last).to_contain_text("or had a hand in it")
            await page.goto(f"{world.slack.url}/?as={MEI}#{SUPPORT}/{thread}")
            await card_in(page, "Approval needed").get_by_role("button", name="Approve", exact=True).click()
            await expect(card_in(page, "Approved: give_money")).to_contain_text("Done")
            await picture(card_in(page, "Approved: give_money"), "card-approved")

    assert world.refunds == [("INV-1005", "25.00")]
    assert ids(card) == ["details"]


async def test_two_must_agree_where_much_is_at_stake_and_each_is_asked_twice(
    world: World, picture: Take
) -> None:
    async with world.bot(give_money(POLICY)):
        thread, card = await waiting(world, "150.00")
        await world.approves(OMAR, card)
        async with opened(f"{world.slack.url}/?as={MEI}#{SUPPORT}/{thread}") as page:
            shown = card_in(page, "Approval needed")
            await expect(shown).to_contain_text("Still needed: 1 of finance")
            await picture(shown, "card-half-approved")
            await shown.get_by_role("button", name="Approve", exact=True).click()
            dialog = page.get_by_role("alertdialog").or_(page.get_by_role("dialog")).last
            await expect(dialog).to_contain_text("give_money · 150.00 USD")
            assert world.refunds == []
            await dialog.get_by_role("button", name="Approve").click()
            await expect(card_in(page, "Approved: give_money")).to_contain_text("Done")


async def test_a_rejected_an_expired_and_a_withdrawn_card_say_what_became_of_them(
    world: World, picture: Take
) -> None:
    quick = give_money(Policy(ask("finance", why="Gifts need one of finance.", expires_after=3 * SECOND)))
    async with world.bot(quick):
        expiring, _ = await waiting(world, "29.00")
        await world.hears(expiring, "That is settled.")
    async with world.bot(give_money(POLICY)):
        rejected, card = await waiting(world, "31.00")
        await world.rejects(OMAR, card, "They were refunded by card already.")
        await world.hears(rejected, "That is settled.")
        withdrawn, card = await waiting(world, "32.00")
        await world.slack.says(ANA, SUPPORT, "<@U0COUNTER1> reset", thread_ts=withdrawn)
        await world.slack.until(lambda: "*Withdrawn*" in card.shown)
        world.model.clear()
        threads = {"Expired": expiring, "Rejected": rejected, "Withdrawn": withdrawn}
        for status, thread in threads.items():
            async with opened(f"{world.slack.url}/?as={ANA}#{SUPPORT}/{thread}") as page:
                shown = card_in(page, f"{status}: give_money")
                await expect(shown).to_be_visible()
                await expect(shown.get_by_role("button", name="Approve")).to_have_count(0)
                await picture(shown, f"card-{status.lower()}")


async def test_a_call_that_broke_off_is_asked_about(world: World, picture: Take) -> None:
    async with world.bot(give_money(POLICY)):
        thread, card = await waiting(world, "29.00")
        world.billing.faults += lost_answer()
        await world.approves(OMAR, card)
        async with opened(f"{world.slack.url}/?as={MEI}#{SUPPORT}/{thread}") as page:
            question = card_in(page, "Did this happen")
            await expect(question).to_be_visible()
            await picture(question, "card-outcome")
            await picture(card_in(page, "Nobody knows"), "card-unknown")
            await question.get_by_role("button", name="It happened").click()
            await expect(page.get_by_test_id("thread-pane")).to_contain_text("That is settled.")

    assert world.refunds == [("INV-1005", "29.00")]


async def test_long_arguments_are_folded_and_shown_in_full(world: World, picture: Take) -> None:
    async with world.bot(give_money(POLICY)):
        thread, _ = await waiting(world, "29.00", note="a long story " * 900 + "THE END")
        async with opened(f"{world.slack.url}/?as={THEO}#{SUPPORT}/{thread}") as page:
            shown = card_in(page, "characters of the arguments are not shown here")
            await expect(shown).to_be_visible()
            await shown.get_by_role("button", name="Show everything").click()
            modal = page.get_by_test_id("modal")
            await expect(modal).to_contain_text("THE END")
            await picture(modal, "details")


async def test_home_shows_what_waits_and_decides_it(world: World, picture: Take, pictures: Path) -> None:
    async with world.bot(give_money(POLICY)):
        world.model.script(Text("Hello!"))
        await world.hears(await world.asks("hello", user=OMAR), "Hello!")
        first, _ = await waiting(world, "29.00")
        world.model.clear()
        _, second = await waiting(world, "150.00", note="the whole month was down")
        world.model.clear()
        own = await world.asks("refund $29 on INV-1003", user=OMAR)
        await world.card(own)
        async with opened(f"{world.slack.url}/?as={OMAR}#home") as page:
            home = page.get_by_test_id("app-home")
            await expect(home).to_contain_text("give_money · 29.00 USD")
            await expect(home).to_contain_text("give_money · 150.00 USD")
            await home.get_by_role("button", name="Choose a stand-in").click()
            modal = page.get_by_test_id("modal")
            await expect(modal).to_contain_text("While I am away")
            await picture(modal, "stand-in-form")
            await page.get_by_test_id("modal").get_by_role("button", name="Cancel").click()
            await page.set_viewport_size({"width": 1440, "height": 1500})
            await page.screenshot(path=pictures / "home.png")
            await page.set_viewport_size({"width": 1440, "height": 900})
            world.model.script(Text("That is settled."))
            await home.get_by_role("button", name="Approve").last.click()
            await world.hears(first, "That is settled.")
            await expect(home).not_to_contain_text("Approval needed: give_money · 29.00 USD")

    assert "approve" in ids(second)
    assert ("INV-1005", "29.00") in world.refunds
