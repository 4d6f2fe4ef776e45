"""`python -m bench.worst_page`: what the worst pages cost a bot that reads eight of each at a time.

A process that has loaded the bot reads them from a server in another one. Its own peak is the kernel's
(VmHWM, proc(5)), a reader's is what it may have; the event loop's figure is CPU of its thread at a stretch,
the longest of all.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import multiprocessing
import re
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from bot.agents.tools.page_reader import MEMORY
from bot.agents.tools.page_text import AT_ONCE as READERS
from bot.agents.tools.pages import PageRefused, Pages
from tests.loop_cpu import LoopCpu
from tests.unit.agents.web import SITE, Listener, html, reach

AT_ONCE = 8
MIB = 1024


def peak() -> float:
    """The most memory that this process has had so far, in MiB."""
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(kilobytes) / MIB


async def read(pages: Pages, path: str) -> None:
    """Read one page, or be refused."""
    with contextlib.suppress(PageRefused):
        await pages.text(f"http://{SITE}/{path}")


async def measured(site: Listener, kinds: Sequence[str]) -> None:
    """Print a line for each kind of page, and one for all of them."""
    pages = Pages(reach(site))
    await read(pages, "plain")
    print(f"a bot that has read one small page: {peak():.0f} MiB", flush=True)
    worst = 0.0
    for number, name in enumerate(kinds):
        start = time.perf_counter()
        async with LoopCpu() as loop:
            await asyncio.gather(*(read(pages, str(number)) for _ in range(AT_ONCE)))
        worst = max(worst, loop.worst)
        took = time.perf_counter() - start
        print(
            f"  {name:16} {took:5.1f} s, loop {loop.worst * 1000:5.1f} ms, peak {peak():4.0f} MiB", flush=True
        )
    readers = READERS * MEMORY / MIB / MIB
    print(
        f"worst: loop {worst * 1000:.1f} ms; bot {peak():.0f} MiB, and readers of {readers:.0f} MiB at most: "
        f"{peak() + readers:.0f} MiB"
    )


def reads(port: int, kinds: Sequence[str]) -> None:
    """Be the bot."""
    logging.disable(logging.CRITICAL)
    importlib.import_module("bot.wiring.app")
    site = Listener()
    site.port = port
    asyncio.run(measured(site, kinds))


def serves(told: Connection) -> None:
    """Be the web; the pages are in its memory alone."""
    from tests.worst_pages import WORST

    async def serve() -> None:
        paths = {f"/{number}": WORST[name] for number, name in enumerate(WORST)}
        async with Listener({"/plain": html(b"<p>x"), **paths}).listening() as site:
            told.send((site.port, list(WORST)))
            await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


def main() -> None:
    """Start both, and end both."""
    spawn = multiprocessing.get_context("spawn")
    mine, its = spawn.Pipe()
    web = spawn.Process(target=serves, args=(its,), daemon=True)
    web.start()
    bot = spawn.Process(target=reads, args=mine.recv())
    bot.start()
    bot.join()
    web.terminate()


if __name__ == "__main__":
    main()
