"""How much Redis is asked for: by a simple turn, by a refund with an approval, and by a bot that has nothing to do."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Final

from bench.figures import Row
from bench.worlds import PATIENCE, SETTLES, Asked, Scene, asked_of, scene
from bot.store import client
from devkit.slack.workspace import OMAR
from tests.redis_server import RedisServer

TURNS, REFUNDS, TEXT = 8, 4, "Certainly."
#: Seconds in which a bot is left alone.
IDLE: Final = 10.0


async def _refund(made: Scene, invoice: str) -> None:
    """Ask for a refund, and approve it."""
    around = made.around
    around.billing.bill(invoice, "Hazel & Co", "50.00", "USD")
    thread = await around.asks(f"refund $29 on {invoice}")
    await around.slack.until(lambda: around.cards(thread), timeout=PATIENCE)
    card = around.cards(thread)[0]
    await around.approves(OMAR, card)
    await around.slack.until(lambda: "Approved" in card.shown, timeout=PATIENCE)
    await around.slack.until(lambda: len(around.done(thread)) > 1, timeout=PATIENCE)


class Counting:
    """Counts what is asked for, without what an idle bot would have asked for meanwhile."""

    def __init__(self, redis: client.Redis) -> None:
        self._redis = redis
        self._idle = self._before = Asked(0, 0)
        self._began = 0.0

    async def idle(self) -> float:
        """Commands of a minute in which nothing happens; those that scripts call are not counted."""
        before = await asked_of(self._redis)
        await asyncio.sleep(IDLE)
        self._idle = (await asked_of(self._redis)).since(before)
        return await self._commands() * 60 / IDLE

    async def _commands(self) -> int:
        """The commands of some seconds, as Redis tells them one by one."""
        count = 0
        with suppress(TimeoutError):
            async with self._redis.monitor() as told, asyncio.timeout(IDLE):
                async for command in told.listen():
                    count += command["client_type"] != "lua"
        return count

    async def begin(self) -> None:
        """Count from here on."""
        self._before, self._began = await asked_of(self._redis), time.perf_counter()

    async def trips(self, times: int) -> tuple[float, float]:
        """Round trips and kilobytes of one of so many that were done."""
        await asyncio.sleep(SETTLES)
        share = (time.perf_counter() - self._began) / IDLE
        asked = (await asked_of(self._redis)).since(self._before)
        trips, size = asked.trips - self._idle.trips * share, asked.size - self._idle.size * share
        return trips / times, size / times / 1000


async def measure(server: RedisServer, repetitions: int) -> list[Row]:
    """Count in turns."""
    idle: list[float] = []
    simple: list[tuple[float, float]] = []
    refund: list[tuple[float, float]] = []
    async with scene(server.url) as made, client.connect(server.url) as redis:
        counting = Counting(redis)
        await made.turn(TEXT)
        await _refund(made, "INV-8999")
        for number in range(repetitions):
            idle.append(await counting.idle())
            await counting.begin()
            for _ in range(TURNS):
                await made.turn(TEXT)
            simple.append(await counting.trips(TURNS))
            await counting.begin()
            for at in range(REFUNDS):
                await _refund(made, f"INV-8{number}{at:02}")
            refund.append(await counting.trips(REFUNDS))
    return [
        _row("a simple turn", simple, 12),
        _row("a refund with an approval", refund, 30),
        Row("Redis commands of an idle minute", idle, 360, beside="one bot, nothing to do"),
    ]


def _row(name: str, figures: list[tuple[float, float]], most: float) -> Row:
    sizes = sorted(size for _, size in figures)
    beside = f"{sizes[len(sizes) // 2]:.1f} kB both ways"
    return Row(f"Redis round trips of {name}", [trips for trips, _ in figures], most, beside=beside)
