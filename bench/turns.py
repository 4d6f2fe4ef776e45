"""What a turn costs: processor against the SDK alone, the first word, the end of a short answer, one process or two."""

from __future__ import annotations

import asyncio
import statistics
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

from bench.figures import Row, ratio
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
#: Turns of one measurement, and how many of them at once.
TURNS, AT_ONCE, PROBES = 12, 4, 24


@dataclass(slots=True)
class Sides:
    """The bot and the SDK alone, on one API, and what each needed in each repetition."""

    api: str
    ours: Scene
    alone: Talker
    long: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    short: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))

    async def turns(self, text: str, times: int) -> tuple[float, float]:
        """Milliseconds of the processor for a turn, here and there."""
        ours = await self.ours.turns(text, times, AT_ONCE)
        seconds, _ = await self._alone(text, times, AT_ONCE)
        return ours, seconds / times * 1000

    async def repeat(self) -> None:
        """Measure once more."""
        for text, each, into in ((LONG, EACH, self.long), (SHORT, 0.0, self.short)):
            self.ours.around.model.delay = each
            for values, value in zip(into, await self.turns(text, TURNS), strict=True):
                values.append(value)

    async def first_words(self) -> tuple[float, float, float]:
        """Seconds to the first word here and there, and from a short answer's last word to its end; medians.

        One is asked after the other each time: these are times of the clock, which a machine that is slow for a
        second must not lengthen on one side alone.
        """
        self.ours.around.model.delay = SLOWER
        firsts: list[float] = []
        words: list[float] = []
        ends: list[float] = []
        for _ in range(PROBES):
            first, end = await self.ours.first_words(SOON)
            await asyncio.sleep(SETTLES)
            _, (word,) = await self._alone(SOON, 1, 1)
            firsts.append(first)
            words.append(word)
            ends.append(end)
        return statistics.median(firsts), statistics.median(words), statistics.median(ends)

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
        words: list[tuple[float, float, float]] = []
        for _ in range(repetitions):
            for sides in both:
                await sides.repeat()
            words.append(await both[0].first_words())
    rows = [_row(f"a turn of {PIECES} pieces", one.api, one.long, 1.25) for one in both]
    rows += [_row("a turn of one piece", one.api, one.short, 2.0) for one in both]
    ours, alone, ends = ([word[at] for word in words] for at in range(3))
    told = [1000 * value for value in ours], [1000 * value for value in alone]
    return [
        *rows,
        ratio("message to first text, against the SDK alone", *told, most=3.0, unit="ms", named="bot : SDK"),
        Row(
            "last word of a short answer to its end, in intervals of edits",
            [end / INTERVAL for end in ends],
            0.25,
            beside=f"an interval is {INTERVAL:g} s",
        ),
    ]


def _row(name: str, api: str, values: tuple[list[float], list[float]], most: float) -> Row:
    said = {"responses": "Responses", "chat": "Chat Completions"}[api]
    return ratio(f"CPU of {name}, {said}", *values, most=most, unit="ms", named="bot : SDK")


def billing_of(ours: Scene) -> dict[str, str]:
    """What the support team needs for its billing."""
    return {"BILLING_BASE_URL": ours.around.billing.url, "BILLING_API_KEY": "bench"}


async def one_and_two(server: RedisServer, repetitions: int) -> list[Row]:
    """The processor of a turn where two processes share the work, against one."""
    async with scene(server.url) as one, scene(server.url, bots=2) as two:
        for each in (one, two):
            await each.turns(SHORT, 8, 8)
        alone: list[float] = []
        shared: list[float] = []
        for _ in range(repetitions):
            alone.append(await one.turns(SHORT, 3 * TURNS, 8))
            shared.append(await two.turns(SHORT, 3 * TURNS, 8))
    return [ratio("CPU of a turn, two processes against one", shared, alone, most=1.15, unit="ms")]
