"""The browser of the page tests."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright, expect

#: Longest wait for something in the page, in milliseconds: for a machine whose cores are shared.
PATIENCE = 120_000
expect.set_options(timeout=PATIENCE)

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


def executable() -> str | None:
    """The machine's own Chromium; None for the one that playwright installs."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


@asynccontextmanager
async def opened(url: str, *, dark: bool = False) -> AsyncGenerator[Page]:
    """A page of a headless browser, at an address."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        page = await browser.new_page(
            viewport={"width": 1440, "height": 900}, color_scheme="dark" if dark else "light"
        )
        page.set_default_timeout(PATIENCE)
        await page.goto(url)
        await page.wait_for_selector("body[data-ready]")
        yield page
        await browser.close()
