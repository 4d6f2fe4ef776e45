"""A newcomer's first minute, in a real browser."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from tests.page.browser import opened
from tests.world import ANA, OMAR, SUPPORT, THEO, World


async def act_as(page: Page, user: str) -> None:
    await page.get_by_test_id("act-as").click()
    await page.get_by_test_id(f"act-as-{user}").click()
    await page.wait_for_selector(f"body[data-ready={user}]")


async def test_a_refund_is_asked_for_refused_to_outsiders_and_approved(world: World, pictures: Path) -> None:
    world.slack.add_panel("billing", world.billing.panel)
    world.billing.on_change = lambda: world.slack.panel_changed("billing")
    world.model.delay = 0.01
    async with world.bot(), opened(f"{world.slack.url}/?as={ANA}#support") as page:
        await page.get_by_test_id("composer").fill("@countersign refund $29 on INV-1003")
        await page.get_by_test_id("composer").press("Enter")
        pane = page.get_by_test_id("thread-pane")
        await expect(pane.get_by_role("button", name="Approve", exact=True)).to_be_visible()
        await expect(pane).to_contain_text("Invoice: INV-1003")
        thread = next(iter(world.slack.workspace.messages[SUPPORT]))

        await pane.get_by_role("button", name="Approve", exact=True).click()
        await expect(page.get_by_test_id("ephemeral").last).to_contain_text("You asked for this")
        await act_as(page, THEO)
        await page.goto(f"{world.slack.url}/?as={THEO}#{SUPPORT}/{thread}")
        await page.get_by_test_id("thread-pane").get_by_role("button", name="Approve", exact=True).click()
        await expect(page.get_by_test_id("ephemeral").last).to_contain_text("not one of the approvers")
        assert world.refunds == []

        await page.goto(f"{world.slack.url}/?as={OMAR}#{SUPPORT}/{thread}")
        await page.wait_for_selector(f"body[data-ready={OMAR}]")
        pane = page.get_by_test_id("thread-pane")
        await expect(pane.get_by_role("button", name="Approve", exact=True)).to_be_visible()
        await pane.get_by_role("button", name="Approve", exact=True).click()
        await expect(pane).to_contain_text("Done: I refunded")
        await expect(pane).to_contain_text("Approved")
        await expect(page.get_by_test_id("refund-row")).to_have_count(1)
        await page.screenshot(path=pictures / "demo.png")

    assert world.refunds == [("INV-1003", "29.00")]


async def test_rejecting_asks_for_a_reason_in_a_form(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        await world.card(thread)
        async with opened(f"{world.slack.url}/?as={OMAR}#{SUPPORT}/{thread}") as page:
            pane = page.get_by_test_id("thread-pane")
            await pane.get_by_role("button", name="Reject").click()
            modal = page.get_by_test_id("modal")
            await modal.get_by_role("textbox").fill("they were refunded by card")
            await page.get_by_test_id("modal-submit").click()
            await expect(pane).to_contain_text("Rejected by Omar Haddad: they were refunded by card")

    assert world.refunds == []


async def test_reset_works_from_the_message_menu_and_the_slash_command(world: World) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        async with opened(f"{world.slack.url}/?as={ANA}#{SUPPORT}/{thread}") as page:
            pane = page.get_by_test_id("thread-pane")
            await pane.get_by_test_id("message").first.hover()
            await pane.get_by_test_id("message-menu").first.click()
            await page.get_by_role("menuitem", name="Reset this thread").click()
            await expect(pane).to_contain_text("Forgotten, as asked")

            await page.get_by_test_id("composer").fill("/reset")
            await page.get_by_test_id("composer").press("Escape")
            await page.get_by_test_id("composer").press("Enter")
            await expect(page.get_by_test_id("ephemeral").last).to_be_visible()


async def test_who_asked_deletes_their_message_in_the_page_and_takes_the_call_back(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        await world.card(thread)
        async with opened(f"{world.slack.url}/?as={ANA}#{SUPPORT}/{thread}") as page:
            pane = page.get_by_test_id("thread-pane")
            await expect(pane.get_by_role("button", name="Withdraw")).to_be_visible()
            asked = pane.locator(f"[data-ts='{thread}']")
            await asked.hover()
            await asked.get_by_test_id("message-menu").click()
            await page.get_by_text("Delete message").click()
            await expect(pane).to_contain_text("The message that asked for it was deleted.")
            await expect(pane.get_by_role("button", name="Withdraw")).to_have_count(0)

    assert world.refunds == []
