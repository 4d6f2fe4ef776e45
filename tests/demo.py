"""`make demo` as a newcomer starts it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from devkit.processes import TETHER
from tests.certificates import as_before

ROOT = Path(__file__).parents[1]
#: Longest wait for the demo to be ready or gone, in seconds; a warm start takes a few.
PATIENCE = 120


@dataclass(frozen=True)
class Demo:
    """A demo that has said where it is; `said` is what it printed until then."""

    process: asyncio.subprocess.Process
    url: str
    home: Path
    said: str

    def signal(self, number: int) -> None:
        """Send a signal: Ctrl-C reaches all that run in the terminal, any other `make` alone."""
        if number == signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    async def panel(self, name: str) -> dict[str, list[dict[str, Any]]]:
        """What a panel of the page shows."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/page/panel/{name}") as response:
            return await response.json()

    async def orders(self, action: str, bot: str) -> bool:
        """Kill or start a bot as the page does."""
        order = {"action": action, "name": bot}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.url}/page/panel/bots", json=order) as response,
        ):
            return bool((await response.json())["ok"])

    async def state(self) -> dict[str, Any]:
        """All that the page knows."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/page/state") as response:
            return await response.json()

    async def said_by_bot(self) -> list[str]:
        """Everything that the bot's messages and cards say."""
        messages = [m for channel in (await self.state())["messages"].values() for m in channel]
        return ["\n".join(_texts([m["text"], m["blocks"]])) for m in messages if m["bot_id"]]


def _texts(node: object) -> Iterator[str]:
    """Yield every text in what came as JSON."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        inner: Iterable[object] = node.values() if isinstance(node, dict) else node  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        for one in inner:
            yield from _texts(one)


@asynccontextmanager
async def make_demo(home: Path, *arguments: str) -> AsyncGenerator[Demo]:
    """Run `make demo` with arguments; the logs and the key are in `home`, no settings of its user count."""
    given = " ".join((f"--home={home}", "--stand-in", "--no-browser", *arguments))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(TETHER), str(os.getpid())),
        *(str(shutil.which("make")), "--silent", "demo", f"ARGS={given}"),
        cwd=ROOT,
        env=as_before(),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        said = await _until_ready(process)
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found, f"the demo ended before it was ready: {said}"
        yield Demo(process, found[0], home, said)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _until_ready(process: asyncio.subprocess.Process) -> str:
    """Read until it says where the page is, or ends."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(PATIENCE):
        while "http://" not in said and (line := await process.stdout.readline()):
            said += line.decode()
    return said
