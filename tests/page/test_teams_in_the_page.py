"""Another team in the demo, as shipped: `make demo TEAM=hr`, in a real browser."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from devkit.slack.workspace import ANA, OMAR, THEO
from tests.demo import make_demo
from tests.page.browser import opened
from tests.page.test_readme_walk import UNWANTED, Walk, reads
from tests.page.test_refund_in_the_page import act_as


async def test_time_off_waits_for_somebody_of_hr_and_is_booked_once(tmp_path: Path, pictures: Path) -> None:
    async with (
        make_demo(tmp_path, "--team=hr", "--no-sandbox") as demo,
        opened(f"{demo.url}#support") as page,
    ):
        walk = Walk(page, pictures)
        welcome = page.get_by_test_id("welcome")
        await reads(welcome, "Switch to Mei Lin and click Approve")
        await reads(welcome, "how many days do I have left in 2026?")
        await expect(welcome).not_to_contain_text("refund")
        await walk.picture("hr-try")
        await welcome.get_by_test_id("try-prompt").first.click()
        await page.get_by_test_id("composer").press("Enter")
        messages = page.get_by_test_id("messages").get_by_test_id("message")
        await messages.filter(has_text="2026-12-07").last.get_by_test_id("replies").click()
        thread = page.get_by_test_id("thread-pane")
        approve = thread.get_by_role("button", name="Approve", exact=True)
        await expect(approve).to_be_visible()
        await reads(thread, "More than two days off need somebody of HR")
        await reads(thread, "I have asked in #people")
        await reads(thread, "Approval needed: Book 5 days off")
        await walk.picture("hr-asked")
        await page.set_viewport_size({"width": 1440, "height": 1300})
        card = thread.get_by_test_id("message").filter(has_text="Book 5 days off").last
        await card.screenshot(path=pictures / "time-off-asked.png")
        await act_as(page, THEO)
        await approve.click()
        await reads(thread, "Booked 5 days off, 2026-12-07 to 2026-12-11")
        await reads(card, "Done")
        await page.mouse.move(1, 1)  # no menu of what is pointed at
        await card.screenshot(path=pictures / "time-off-approved.png")
        await walk.picture("hr-approved")
        await act_as(page, ANA)
        await walk.says("how many days do I have left in 2026?", where="thread-composer")
        await reads(thread, "left: 23")
        await walk.picture("hr-left")
        said = await demo.said_by_bot()
    assert not [
        text
        for text in said
        for one in (*UNWANTED, "invoice", "INV-", "book_time_off", "show_time_off")
        if one in text
    ]


async def test_a_restart_by_an_mcp_server_waits_for_somebody_of_operations(
    tmp_path: Path, pictures: Path
) -> None:
    async with (
        make_demo(tmp_path, "--team=operations", "--no-sandbox") as demo,
        opened(f"{demo.url}#support") as page,
    ):
        walk = Walk(page, pictures)
        await page.get_by_test_id("welcome").get_by_test_id("try-prompt").first.click()
        await page.get_by_test_id("composer").press("Enter")
        messages = page.get_by_test_id("messages").get_by_test_id("message")
        await messages.filter(has_text="restart checkout").last.get_by_test_id("replies").click()
        thread = page.get_by_test_id("thread-pane")
        approve = thread.get_by_role("button", name="Approve", exact=True)
        await expect(approve).to_be_visible()
        await reads(thread, "A restart cuts off requests that are being answered.")
        await reads(thread, "I have asked in #operations")
        await reads(thread, "Restart service (ops)")
        # Behind the scenes the commands have paths of this machine, which belong into no picture.
        await page.get_by_test_id("dock-toggle").click()
        await page.screenshot(path=pictures / "operations-asked.png")
        await act_as(page, OMAR)
        await approve.click()
        await reads(thread, "was restarted once")
        await walk.picture("operations-approved")
        await walk.says("and how is checkout now?", where="thread-composer")
        await reads(thread, "checkout runs 3 copies")
        said = await demo.said_by_bot()
    unwanted = (*UNWANTED, "invoice", "INV-", "ops__", "data, not instructions")
    assert not [text for text in said for one in unwanted if one in text]
