"""Each card, form and sentence of an approval as people see it: the pictures of docs/approvals.md.

The bot is the demo's, with the team that it ships.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page, expect

from countersign import Policy, Team, ask
from countersign.teams.support.refunds import Support
from devkit.model.script import Calls
from devkit.slack.workspace import Message
from tests.page.browser import opened
from tests.tools import SECOND, lost_answer, scripted
from tests.world import ANA, GUS, MEI, OMAR, SUPPORT, World, ids

FINANCE = "C0FINANCE1"


@dataclass
class Album:
    """A browser that goes from person to person and takes pictures."""

    world: World
    page: Page
    folder: Path

    async def sees(self, user: str, thread: str, channel: str = SUPPORT) -> Locator:
        """Open a thread as somebody."""
        await self.page.goto("about:blank")
        await self.page.goto(f"{self.world.slack.url}/?as={user}#{channel}/{thread}")
        await self.page.wait_for_selector(f"body[data-ready={user}]")
        return self.page.get_by_test_id("thread-pane")

    def card(self, text: str) -> Locator:
        """The last message of the open thread that says something."""
        return self.page.get_by_test_id("thread-pane").get_by_test_id("message").filter(has_text=text).last

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog").last

    @property
    def modal(self) -> Locator:
        return self.page.get_by_test_id("modal")

    async def keeps(
        self, of: Locator, name: str, *says: str, height: int = 1900, at: Locator | None = None
    ) -> None:
        """Take a picture of something once it says all of this; a whole card has to fit into the page's height.

        Of what is longer, the part with `at`.
        """
        for text in says:
            await expect(of).to_contain_text(text)
        await self.page.set_viewport_size({"width": 1700, "height": height})
        await self.page.mouse.move(1, 1)  # no menu of what is pointed at
        await (at or of).scroll_into_view_if_needed()
        await of.screenshot(path=self.folder / f"{name}.png")


@asynccontextmanager
async def album(world: World, folder: Path) -> AsyncGenerator[Album]:
    """A browser at the page of a world."""
    async with opened(f"{world.slack.url}/?as={ANA}#support") as page:
        yield Album(world, page, folder)


async def waiting(world: World, text: str, *, user: str = ANA) -> tuple[str, Message]:
    """Ask for something, and wait for the card in the thread."""
    thread = await world.asks(text, user=user)
    return thread, await world.card(thread)


async def small(world: World, text: str) -> None:
    """Ask for what nobody has to be asked about, and wait until it is done."""
    await world.hears(await world.asks(text), "Done: I refunded")


def refund(amount: str, invoice: str, reason: str, currency: str = "USD") -> tuple[str, dict[str, Any]]:
    """A call as the model writes it."""
    return "issue_refund", {
        "invoice_id": invoice,
        "amount": amount,
        "currency": currency,
        "reason": reason,
    }


async def test_one_is_asked_reads_changes_and_approves(world: World, pictures: Path) -> None:
    async with world.bot(), album(world, pictures) as seen:
        thread, card = await waiting(world, "refund $29 on INV-1003 because they were charged twice")
        await seen.sees(OMAR, thread)
        pending = seen.card("Approval needed")
        await seen.keeps(
            pending, "card-pending", "Refund 29.00 USD to Hazel & Co", "Left to refund", "“", "72 hours"
        )
        await pending.get_by_role("button", name="Approve, and up to").click()
        await seen.keeps(seen.dialog, "grant-question", "on INV-1003 in this run")
        await seen.dialog.get_by_role("button", name="Not yet").click()
        await pending.get_by_role("button", name="Reject").click()
        await seen.keeps(seen.modal, "reject-form", "will not be done")
        await seen.modal.get_by_role("button", name="Cancel").click()
        await pending.get_by_role("button", name="Edit").click()
        await seen.modal.get_by_label("amount").fill("1e3")
        await seen.page.get_by_test_id("modal-submit").click()
        await seen.keeps(seen.modal, "edit-refused", "Write a positive amount")
        await seen.modal.get_by_label("amount").fill("25.00")
        await expect(seen.page.get_by_test_id("block-error")).to_have_count(
            0
        )  # of what is typed now nothing is wrong
        await seen.keeps(seen.modal, "edit-form", "These stay as they are")
        await seen.page.get_by_test_id("modal-submit").click()
        await seen.keeps(seen.card("Approval needed"), "card-edited", "Amount: 29.00 USD → 25.00 USD")
        await seen.sees(MEI, thread)  # what only she is told is shown to a page that is open
        await world.slack.says(MEI, SUPPORT, "approved", thread_ts=thread)
        await seen.keeps(seen.page.get_by_test_id("ephemeral").last, "typed-approved", "Refund 25.00 USD to")
        await seen.card("Approval needed").get_by_role("button", name="Approve", exact=True).click()
        await seen.keeps(seen.card("Approved: Refund 25.00 USD"), "card-approved", "Done", "Result:")
        await seen.keeps(
            await seen.sees(ANA, thread), "thread-done", "Done: I refunded 25.00 USD", height=1600
        )

    assert world.refunds == [("INV-1003", "25.00")]
    assert ids(card) == ["details"]


async def test_calls_on_one_invoice_are_told_of_each_other(world: World, pictures: Path) -> None:
    async with world.bot(), album(world, pictures) as seen:
        first, card = await waiting(world, "refund $60 on INV-1002")
        second, other = await waiting(world, "refund $30 on INV-1002")
        await seen.sees(OMAR, second)
        await seen.keeps(seen.card("Approval needed"), "card-same-target", "Also on INV-1002", "60.00 USD")
        await seen.sees(ANA, second)
        await seen.card("Approval needed").get_by_role("button", name="Withdraw").click()
        await seen.keeps(seen.card("Withdrawn: Refund 30.00 USD"), "card-withdrawn", "Withdrawn")
        await small(world, "refund $20 on INV-1002")
        await seen.sees(OMAR, first)
        await seen.card("Approval needed").get_by_role("button", name="Approve", exact=True).click()
        whispered = seen.page.get_by_test_id("ephemeral").last
        await seen.keeps(whispered, "click-again", "Your click did not count", "79.00 USD")
        await seen.keeps(
            seen.card("Approval needed"),
            "card-asked-again",
            "Changed since this was asked",
            "20.00 USD, allowed",
        )
        await small(world, "refund $20 on INV-1002")
        await seen.sees(MEI, first)
        await seen.card("Approval needed").get_by_role("button", name="Approve", exact=True).click()
        stuck = seen.card("Approval needed")
        await seen.keeps(stuck, "card-problem", "cannot be done as it stands")
        await expect(stuck.get_by_role("button", name="Approve")).to_have_count(0)
        await world.rejects(OMAR, card, "Refunded in parts already.")
        await world.hears(first, "Rejected by Omar Haddad")
        await seen.keeps(
            seen.card("Rejected: Refund 60.00 USD"), "card-rejected", "Refunded in parts already"
        )
        beyond = await world.asks("refund $90 on INV-1002")
        await world.hears(beyond, "was not made")
        await seen.keeps(await seen.sees(ANA, beyond), "refused-before", "too much", height=720)
        _, large = await waiting(world, "refund $95 on INV-1005")
        await world.insists(OMAR, large)
        added, _ = await waiting(world, "refund $12 on INV-1005")
        await seen.sees(OMAR, added)
        await seen.keeps(
            seen.card("Approval needed"),
            "card-sum",
            "More than 100.00 USD of refunds on INV-1005",
            "95.00 USD so far",
        )
        guest = await world.asks("refund $5 on INV-1004", user=GUS)
        await world.hears(guest, "was not made")
        await seen.keeps(await seen.sees(GUS, guest), "guest-refused", "guest", height=820)

    assert other.shown.startswith("Withdrawn")
    assert world.refunds == [("INV-1002", "20.00"), ("INV-1002", "20.00"), ("INV-1005", "95.00")]


async def test_two_must_agree_and_others_cannot(world: World, pictures: Path) -> None:
    async with world.bot(), album(world, pictures) as seen:
        thread, card = await waiting(world, "refund 11000.00 EUR on INV-1006")
        await world.approves(OMAR, card)
        await world.hears(thread, "1 of 2 of finance have agreed")
        world.slack.clock.advance(timedelta(minutes=11))
        await seen.sees(ANA, thread)
        await seen.card("Approval needed").get_by_role("button", name="Remind them").click()
        await seen.keeps(
            seen.card("I have reminded finance"), "nudge", "Refund 11,000.00 EUR to Linden Bau GmbH"
        )
        await seen.sees(MEI, thread)
        await seen.keeps(
            seen.card("Approval needed"), "card-half-approved", "Still needed: 1 of finance", "Reminded"
        )
        alone, _ = await waiting(world, "refund 10500.00 EUR on INV-1006", user=OMAR)
        await seen.sees(OMAR, alone)
        await seen.keeps(
            seen.card("Nobody can decide"), "nobody-can-decide", "It needs 1 more of finance", "10,500.00 EUR"
        )
        await seen.sees(MEI, thread)
        await seen.card("Approval needed").get_by_role("button", name="Approve", exact=True).click()
        await seen.keeps(seen.dialog, "high-stakes", "Refund 11,000.00 EUR to Linden Bau GmbH")
        assert world.refunds == []
        await seen.dialog.get_by_role("button", name="Approve").click()
        await world.hears(thread, "Done: I refunded")

    assert world.refunds == [("INV-1006", "11000.00")]


async def test_what_a_model_asks_for_at_length_twice_or_again(world: World, pictures: Path) -> None:
    async with world.bot(), album(world, pictures) as seen:
        twins = [refund("25.00", "INV-1005", "two seats that nobody used")] * 2
        scripted(world, Calls(twins), last="Both are settled.")
        thread, _ = await waiting(world, "refund both seats on INV-1005, $25 each")
        await world.slack.until(lambda: len(world.cards(thread)) == 2)
        await seen.sees(OMAR, thread)
        await seen.keeps(seen.card("1 of 2 identical"), "card-identical", "Refund 25.00 USD")
        for card in world.cards(thread):
            await world.rejects(OMAR, card, "Once is enough, please ask again.")
        await world.hears(thread, "Both are settled.")

        world.model.clear()
        again = Calls([refund("29.00", "INV-1003", "double charge")])
        scripted(world, again, again, last="It was rejected, so I did nothing.")
        thread, card = await waiting(world, "refund $29 on INV-1003")
        await world.rejects(OMAR, card, "They were refunded by card already.")
        await world.hears(thread, "so I did nothing")
        assert len(world.cards_in(FINANCE)) == 3  # two seats, and one card for what was asked for twice
        await seen.keeps(await seen.sees(ANA, thread), "rejected-again", "not done", height=1200)

        world.model.clear()
        story = "They were charged for seats that nobody used, month after month. " * 80
        scripted(world, Calls([refund("480.00", "INV-1005", story)]), last="That is settled.")
        thread, _ = await waiting(world, "refund $480 on INV-1005")
        await seen.sees(OMAR, thread)
        shown = seen.card("are not shown here")
        await expect(shown.get_by_role("button", name="Approve")).to_have_count(0)
        everything = shown.get_by_role("button", name="Show everything")
        await seen.page.set_viewport_size({"width": 1700, "height": 820})
        await everything.scroll_into_view_if_needed()
        pane = seen.page.get_by_test_id("thread-pane")
        await seen.keeps(pane, "card-long", "the button to approve", height=820)
        await everything.click()
        tick = seen.modal.get_by_text("I have read all of it")
        await tick.click()
        await seen.keeps(seen.modal, "approve-form", "Before you approve", height=760, at=tick)
        await seen.page.get_by_test_id("modal-submit").click()
        await world.hears(thread, "That is settled.")

    assert world.refunds == [("INV-1005", "480.00")]


async def test_what_expires_and_what_breaks_off(world: World, pictures: Path) -> None:
    quick = Policy(ask("finance", why="Refunds over 20.00 need one of finance.", expires_after=3 * SECOND))
    async with world.bot_of(under(world.team(), quick)), album(world, pictures) as seen:
        expired = await world.asks("refund $29 on INV-1003")
        await world.hears(expired, "was not made")
        await seen.sees(ANA, expired)
        await seen.keeps(seen.card("Expired: Refund 29.00 USD"), "card-expired", "nobody decided in time")
    async with world.bot(), album(world, pictures) as seen:
        thread, card = await waiting(world, "refund $45 on INV-1002")
        world.billing.faults += lost_answer()
        await world.approves(OMAR, card)
        await seen.sees(MEI, thread)
        question = seen.card("Did this happen")
        await seen.keeps(question, "card-outcome", "Refund 45.00 USD to", "It happened", "Try again")
        await seen.keeps(seen.card("whether this happened: it broke off"), "card-unknown", "Approved")
        await question.get_by_role("button", name="It happened").click()
        await world.hears(thread, "Done, as a person has checked")

    assert world.refunds == [("INV-1002", "45.00")]


def under(team: Team[Support], policy: Policy) -> Team[Support]:
    """The support team, with another policy for its refunds."""
    billing, *others = team.specialists
    (tool,) = billing.approved
    tools = [*billing.plain, replace(tool, policy=policy)]
    return replace(team, specialists=[replace(billing, tools=tools), *others])
