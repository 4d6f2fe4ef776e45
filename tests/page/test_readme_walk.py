"""What the README promises of the first minutes, in a real browser, against `make demo` as shipped.

Nothing here is a world built for tests: the entry point, the settings and the processes are those
that a newcomer starts, once with the sandbox and once without it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from devkit.bridge.isolation import available
from devkit.slack.workspace import ANA, OMAR
from tests.demo import ROOT, Demo, make_demo
from tests.ledger import disagreements
from tests.page.browser import opened
from tests.page.test_files_in_the_page import CSV
from tests.page.test_refund_in_the_page import act_as
from tests.world import SUPPORT

#: Milliseconds that something may take to appear; a busy machine needs some.
#: What is never to be read by somebody who did nothing wrong.
UNWANTED = (
    *("sandbox for code was not there", "could not keep the files", "went wrong", "Nobody knows"),
    *("Traceback", "Error:", "Something is wrong"),
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
TRY = re.sub(r"```.*?```", "", README.partition("## Try it")[2].partition("\n## ")[0], flags=re.DOTALL)


def from_readme(start: str) -> str:
    """The sentence of the README that begins so: what is typed here is what is printed there."""
    found = [said for said in re.findall(r"`([^`]+)`", TRY) if said.startswith(start)]
    assert len(found) == 1, f"the README has {len(found)} sentences that begin with {start!r}"
    return found[0]


@pytest.fixture(params=["with a sandbox", "without a sandbox"])
async def demo(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Demo]:
    more = () if request.param == "with a sandbox" else ("--no-sandbox",)
    async with make_demo(tmp_path, *more) as started:
        isolated = request.param == "with a sandbox" and available() is None
        assert ("sandboxes" in (await started.state())["panels"]) == isolated
        yield started


class Walk:
    """A newcomer at the page."""

    def __init__(self, page: Page, pictures: Path) -> None:
        self.page = page
        self._pictures = pictures

    async def picture(self, name: str) -> None:
        """Keep what is seen now."""
        await self.page.screenshot(path=self._pictures / f"walk-{name}.png")

    async def says(self, text: str, *, where: str = "composer") -> None:
        """Type a sentence, and send it."""
        composer = self.page.get_by_test_id(where)
        await composer.fill(text)
        if text.startswith(("@", "/")):
            await composer.press("Escape")  # the list of suggestions, not one of them
        await composer.press("Enter")

    async def asks(self, start: str) -> Locator:
        """Say a sentence of the README where we are, and open its thread."""
        sentence = from_readme(start)
        await self.says(sentence)
        messages = self.page.get_by_test_id("messages").get_by_test_id("message")
        started = messages.filter(has_text=sentence.removeprefix("@countersign ")).last
        await started.get_by_test_id("replies").click()
        return self.page.get_by_test_id("thread-pane")

    async def panels_are_whole(self) -> None:
        """Behind the scenes no figure is cut off by the next panel, and none is out of sight."""
        hidden = await self.page.locator("#dock-body").evaluate(
            "dock => [dock, ...dock.querySelectorAll('.dock-scroll, .ledger')]"
            ".filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.className)"
        )
        assert hidden == []

    async def refund_is_approved(self) -> None:
        thread = await self.asks("@countersign refund $29")
        approve = thread.get_by_role("button", name="Approve", exact=True)
        await expect(approve).to_be_visible()
        assert "Customer: Hazel & Co\nInvoice: INV-1003" in await thread.inner_text(), "a fact a line"
        await self.picture("asked")
        await act_as(self.page, OMAR)
        await approve.click()
        await reads(thread, "Done: I refunded 29.00 USD on INV-1003")
        await self.picture("approved")
        await self.says(from_readme("and what is its date?"), where="thread-composer")
        await reads(thread, "INV-1003 is dated 2026-10-02")
        await act_as(self.page, ANA)

    async def small_refund_needs_nobody(self) -> None:
        thread = await self.asks("@countersign refund $12")
        await reads(thread, "Done: I refunded 12.00 USD on INV-1004")
        await expect(thread.get_by_role("button", name="Approve", exact=True)).to_have_count(0)

    async def refund_is_rejected(self) -> None:
        thread = await self.asks("@countersign refund $480")
        reject = thread.get_by_role("button", name="Reject")
        await expect(reject).to_be_visible()
        await act_as(self.page, OMAR)
        await reject.click()
        await self.page.get_by_test_id("modal").get_by_role("textbox").fill("they paid by card")
        await self.page.get_by_test_id("modal-submit").click()
        await reads(thread, "Rejected by Omar Haddad: they paid by card")
        await self.picture("rejected")
        await act_as(self.page, ANA)

    async def thread_is_reset(self) -> None:
        await self.says(from_readme("/reset"))
        picker = self.page.get_by_test_id("ephemeral").last
        await expect(picker.get_by_role("button").first).to_be_visible()
        await self.picture("reset-picker")
        await picker.get_by_role("button").first.click()
        await expect(self.page.get_by_text("Forgotten, as asked").first).to_be_visible()
        await self.picture("reset")

    async def direct_message_is_answered(self) -> None:
        await self.page.locator("[data-testid^='channel-D']").first.click()
        await self.says(from_readme("show me INV-1002"))  # answered at the top, where no thread is opened
        await reads(self.page.get_by_test_id("messages"), "Alder Studio")
        await self.picture("direct")
        await self.page.get_by_test_id(f"channel-{SUPPORT}").click()

    async def file_is_worked_on(self, *, has_sandbox: bool) -> None:
        chosen: FilePayload = {"name": "invoices.csv", "mimeType": "text/csv", "buffer": CSV}
        await self.page.get_by_test_id("composer-files").set_input_files([chosen])
        thread = await self.asks("@countersign the attached CSV")
        if has_sandbox:
            await reads(thread, "2 duplicates")
            chart = thread.get_by_test_id("picture").locator("img")
            await expect(chart).to_be_visible()
            await expect(thread.get_by_test_id("file").get_by_text("clean.csv")).to_be_visible()
            await chart.scroll_into_view_if_needed()
        else:
            await reads(thread, "I cannot read files here")
        await self.picture("files" if has_sandbox else "no-files")


async def reads(place: Locator, text: str) -> None:
    """Wait until a place shows a text."""
    await expect(place).to_contain_text(text)


async def test_everything_that_the_readme_says_to_try_works(demo: Demo, pictures: Path) -> None:
    async with opened(f"{demo.url}#support") as page:
        walk = Walk(page, pictures)
        await walk.refund_is_approved()
        await walk.panels_are_whole()
        await walk.small_refund_needs_nobody()
        await walk.refund_is_rejected()
        await walk.thread_is_reset()
        await walk.direct_message_is_answered()
        await walk.file_is_worked_on(has_sandbox="sandboxes" in (await demo.state())["panels"])

    said, books = await demo.said_by_bot(), (await demo.panel("billing"))["refunds"]
    paid = [(refund["invoice_id"], refund["amount"]) for refund in books]
    assert paid == [("INV-1003", "29.00"), ("INV-1004", "12.00")]
    assert [*disagreements(said, books, all_told=True)] == []
    assert [text for text in said if any(unwanted in text for unwanted in UNWANTED)] == []
