"""A code task as a person sees it: a CSV goes in, a chart and a clean file come out."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import FilePayload

from tests.page.browser import opened
from tests.world import BOT_USER, World

CSV = b"""invoice,date,customer,amount
INV-2001,2026-07-02,Ada,420.50
INV-2002,2026-07-19,Bo,220
INV-2001,2026-07-02,Ada,420.50
INV-2003,2026-08-01,Cy,999
INV-2004,2026-09-12,Ada,310
INV-2004,2026-09-12,Ada,310
INV-2005,2026-10-05,Di,740
"""
TASK = "@countersign the attached CSV has duplicate invoices: find them, plot spend per month, send me a clean file"


async def test_a_csv_is_attached_and_a_chart_and_a_clean_file_come_back(world: World, pictures: Path) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(world.bot())
        page = await stack.enter_async_context(opened(f"{world.slack.url}/#C0SUPPORT1"))
        sandboxes = page.get_by_test_id("sandboxes")
        await sandboxes.get_by_text("None was needed yet.").wait_for()
        chosen: FilePayload = {"name": "invoices.csv", "mimeType": "text/csv", "buffer": CSV}
        await page.get_by_test_id("composer-files").set_input_files([chosen])
        assert await page.get_by_test_id("attached").inner_text() == "invoices.csv"
        await page.get_by_test_id("composer").fill(TASK)
        await page.get_by_test_id("composer").press("Enter")
        await page.get_by_test_id("messages").get_by_test_id("file").get_by_text("invoices.csv").wait_for()
        await page.get_by_test_id("replies").click()
        thread = page.get_by_test_id("thread-pane")
        await sandboxes.get_by_test_id("sandbox-row").wait_for()
        await thread.get_by_text("2 duplicates").wait_for()
        await sandboxes.get_by_text("1 made, none left.").wait_for()
        picture = thread.get_by_test_id("picture").locator("img")
        await picture.wait_for()
        await picture.evaluate("image => image.decode()")
        assert await picture.evaluate("image => image.naturalWidth") == 720
        async with page.expect_download() as saving:
            await thread.get_by_test_id("file").get_by_text("clean.csv").click()
        clean = Path(await (await saving.value).path()).read_bytes()
        await picture.scroll_into_view_if_needed()
        await page.screenshot(path=pictures / "code-task.png")

    assert clean.count(b"INV-2001") == clean.count(b"INV-2004") == 1
    (sent,) = [
        m for m in world.slack.workspace.messages["C0SUPPORT1"].values() if m.user == BOT_USER and m.files
    ]
    assert sorted(file.name for file in sent.files) == ["clean.csv", "spend.png"]


async def test_an_attached_file_can_be_taken_back(world: World) -> None:
    async with opened(f"{world.slack.url}/#C0SUPPORT1") as page:
        await page.get_by_test_id("composer-files").set_input_files(
            [{"name": "a.csv", "mimeType": "text/csv", "buffer": CSV}]
        )
        assert await page.get_by_test_id("composer-send").is_enabled()
        await page.get_by_label("Remove a.csv").click()

        assert await page.get_by_test_id("attached").count() == 0
        assert await page.get_by_test_id("composer-send").is_disabled()
