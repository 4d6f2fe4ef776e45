"""What a turn costs: processor against the SDK alone, the first word, the end of a short answer, one process or two."""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

from bench.figures import Row, Slices, ratio_of_slices
from bench.processes import Talker, process
from bench.worlds import SETTLES, Scene, scene
from devkit.model.script import Text
from tests.redis_server import RedisServer

#: The pieces of a long answer, and seconds between two, which is quicker than models are.
PIECES, EACH = 200, 0.005
LONG: Final = " ".join(f"word{number}" for number in range(PIECES))
SHORT: Final = "Certainly."
#: An answer whose first words are shown before it ends, seconds between its pieces, and between two edits.
SOON, SLOWER, INTERVAL = "Certainly, it was paid on the third of May.", 0.03, 1.0
#: Turns of one slice, and how many of them at once; slices of a repetition; and answers whose first word is waited for.
TURNS, AT_ONCE, SLICES, PROBES = 8, 4, 5, 20


@dataclass(slots=True)
class Sides:
    """The bot and the SDK alone, on one API, and what each needed in each repetition."""

    api: str
    ours: Scene
    alone: Talker
    long: list[Slices] = field(default_factory=list[Slices])
    short: list[Slices] = field(default_factory=list[Slices])

    async def turns(self, text: str, times: int) -> tuple[float, float]:
        """Milliseconds of the processor for a turn, here and there."""
        ours = await self.ours.turns(text, times, AT_ONCE)
        seconds, _ = await self._alone(text, times, AT_ONCE)
        return ours, seconds / times * 1000

    async def repeat(self) -> None:
        """Measure once more."""
        for text, each, into in ((LONG, EACH, self.long), (SHORT, 0.0, self.short)):
            self.ours.around.model.delay = each
            into.append([await self.turns(text, TURNS) for _ in range(SLICES)])

    async def first_words(self) -> tuple[Slices, float]:
        """Milliseconds to the first word here and there, and seconds from a short answer's last word to its end, their median."""
        self.ours.around.model.delay = SLOWER
        pairs: list[tuple[float, float]] = []
        ends: list[float] = []
        for _ in range(PROBES):
            first, end = await self.ours.first_words(SOON)
            await asyncio.sleep(SETTLES)
            _, (word,) = await self._alone(SOON, 1, 1)
            pairs.append((1000 * first, 1000 * word))
            ends.append(end)
        return pairs, statistics.median(ends)

    async def _alone(self, text: str, times: int, at_once: int) -> tuple[float, list[float]]:
        """Seconds of the processor that the SDK alone takes for so many turns, and those until each first word."""
        self.ours.around.model.script(*[Text(text)] * times)
        told = await self.alone.tell({"text": "please tell me", "times": times, "at_once": at_once})
        return float(told["seconds"]), [float(first) for first in told["firsts"]]


async def against_the_sdk(server: RedisServer, repetitions: int) -> list[Row]:
    """The processor of turns, and the first words, in turns with the SDK alone."""
    async with AsyncExitStack() as stack:
        both: list[Sides] = []
        for api in ("responses", "chat"):
            ours = await stack.enter_async_context(scene(server.url, api))
            command = [sys.executable, "-m", "bench.bare_sdk", ours.around.model.url, api]
            alone = await stack.enter_async_context(process(command, billing_of(ours)))
            both.append(Sides(api, ours, alone))
        for sides in both:
            await sides.turns(LONG, 4)
        words: list[tuple[Slices, float]] = []
        for _ in range(repetitions):
            for sides in both:
                await sides.repeat()
            words.append(await both[0].first_words())
    rows = [_row(f"a turn of {PIECES} pieces", one.api, one.long, 1.25) for one in both]
    rows += [_row("a turn of one piece", one.api, one.short, 2.0) for one in both]
    pairs, ends = zip(*words, strict=True)
    first = "message to first text, against the SDK alone"
    return [
        *rows,
        ratio_of_slices(first, pairs, most=3.0, unit="ms", named="bot : SDK"),
        Row(
            "last word of a short answer to its end, in intervals of edits",
            [end / INTERVAL for end in ends],
            0.25,
            beside=f"an interval is {INTERVAL:g} s",
        ),
    ]


def _row(name: str, api: str, repetitions: Sequence[Slices], most: float) -> Row:
    said = {"responses": "Responses", "chat": "Chat Completions"}[api]
    return ratio_of_slices(f"CPU of {name}, {said}", repetitions, most=most, unit="ms", named="bot : SDK")


def billing_of(ours: Scene) -> dict[str, str]:
    """What the support team needs for its billing."""
    return {"BILLING_BASE_URL": ours.around.billing.url, "BILLING_API_KEY": "bench"}


async def one_and_two(server: RedisServer, repetitions: int) -> list[Row]:
    """The processor of a turn where two processes share the work, against one."""
    async with scene(server.url) as one, scene(server.url, bots=2) as two:
        for each in (one, two):
            await each.turns(SHORT, 8, 8)
        slices = [
            [
                (await two.turns(SHORT, 2 * TURNS, 8), await one.turns(SHORT, 2 * TURNS, 8))
                for _ in range(SLICES)
            ]
            for _ in range(repetitions)
        ]
    return [ratio_of_slices("CPU of a turn, two processes against one", slices, most=1.15, unit="ms")]
