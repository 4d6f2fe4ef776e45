"""Home, in a real browser: what waits for somebody is shown and decided there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from bot.domain.approvals.condition import over
from bot.domain.approvals.policy import Policy, ask
from bot.domain.approvals.requirement import Severity
from devkit.model.script import Calls, Text
from devkit.slack.workspace import Message
from tests.page.browser import opened
from tests.tools import gift, give_money, scripted
from tests.world import OMAR, World, ids

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


async def waiting(world: World, *amounts: str, note: str = "they paid twice") -> tuple[str, Message]:
    """Ask for money, and wait for the card."""
    scripted(
        world, Calls([gift(amount, "INV-1005", note=note) for amount in amounts]), last="That is settled."
    )
    thread = await world.asks("give them money")
    return thread, await world.card(thread)


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
            await expect(home).to_contain_text("Give money · 29.00 USD")
            await expect(home).to_contain_text("Give money · 150.00 USD")
            await home.get_by_role("button", name="Choose a stand-in").click()
            modal = page.get_by_test_id("modal")
            await expect(modal).to_contain_text("While I am away")
            await picture(modal, "stand-in-form")
            await page.get_by_test_id("modal").get_by_role("button", name="Cancel").click()
            await page.set_viewport_size({"width": 1440, "height": 1500})
            await page.screenshot(path=pictures / "home.png")
            await home.get_by_role("button", name="Edit").first.click()
            await expect(modal).to_contain_text("You will not be able to approve it then")
            await picture(modal, "home-edit")
            await modal.get_by_role("button", name="Cancel").click()
            await page.set_viewport_size({"width": 1440, "height": 900})
            world.model.script(Text("That is settled."))
            await home.get_by_role("button", name="Approve").last.click()
            await world.hears(first, "That is settled.")
            await expect(home).not_to_contain_text("Approval needed: Give money · 29.00 USD")

    assert "approve" in ids(second)
    assert ("INV-1005", "29.00") in world.refunds
