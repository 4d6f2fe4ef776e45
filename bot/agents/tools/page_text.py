"""The text of a page, made in a process of its own that may take little and is ended in any case."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from typing import Final

from bot.agents.tools import page_reader

#: Readers at a time, each of `page_reader.MEMORY` at most.
AT_ONCE: Final = 2
#: Seconds for one page, of which `page_reader.CPU_SECONDS` may be worked.
SECONDS: Final = 6.0
#: Bytes of its answer: four for each character.
_ANSWER: Final = 4 * (page_reader.CHARACTERS + len(page_reader.CUT))
#: What a header may say of an encoding; anything else says nothing.
_WORD: Final = re.compile(r"[\w.:+-]{1,40}", re.ASCII)


class PageUnreadable(Exception):
    """A page is packed strangely, or is made so that reading it takes too much."""


class PageText:
    """Makes text of pages, some at a time."""

    def __init__(self) -> None:
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def read(self, body: bytes, *, packing: str, named: str, html: bool) -> str:
        """Get the text of a page as its server sent it, `named` its encoding; raises `PageUnreadable`."""
        words = [word if _WORD.fullmatch(word) else "" for word in (packing, named)]
        async with self._gate:
            reader = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", page_reader.__file__, *words, "html" if html else "text"),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env={},
                cwd="/",
            )
            try:
                async with asyncio.timeout(SECONDS):
                    return await _asked(reader, body)
            except TimeoutError:
                raise PageUnreadable from None
            finally:
                with contextlib.suppress(ProcessLookupError):
                    reader.kill()
                await reader.wait()


async def _asked(reader: Process, body: bytes) -> str:
    assert reader.stdin is not None
    assert reader.stdout is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        reader.stdin.write(body)
        await reader.stdin.drain()
    reader.stdin.close()
    answer = bytearray()
    while len(answer) <= _ANSWER and (piece := await reader.stdout.read(_ANSWER + 1 - len(answer))):
        answer += piece
    if len(answer) > _ANSWER or await reader.wait():
        raise PageUnreadable
    return answer.decode(errors="replace")
