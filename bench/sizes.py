"""What a turn costs in a thread with few items and in one with thousands: processor, round trips and bytes."""

from __future__ import annotations

import asyncio
import statistics
from typing import Final

from bench.figures import Row, Slices, ratio, ratio_of_slices
from bench.worlds import SETTLES, Asked, Scene, asked_of, scene
from bot.store import client
from tests.redis_server import RedisServer

SIZES: Final = (40, 400, 2_000)
TURNS, TEXT = 4, "Certainly."
#: Turns that a repetition is taken in, so that what disturbs the machine for a moment disturbs all sizes.
SLICES: Final = 6


async def _turns(made: Scene, redis: client.Redis, thread: str) -> tuple[float, Asked]:
    """Milliseconds of the processor for a turn of the thread, and what Redis was asked for in all of them."""
    asked, used = await asked_of(redis), made.processor()
    for _ in range(TURNS):
        await made.turn(TEXT, thread)
    await asyncio.sleep(SETTLES)
    return (made.processor() - used) / TURNS * 1000, (await asked_of(redis)).since(asked)


async def _noted(made: Scene, thread: str) -> None:
    """Let a thread have turns until notes of its beginning are made: some of them, and then none for a while."""
    model = made.around.model
    notes = -1
    while notes != len(model.asked_for_notes()):
        notes = len(model.asked_for_notes())
        for _ in range(2):
            await made.turn(TEXT, thread)
            await asyncio.sleep(SETTLES)


async def measure(server: RedisServer, repetitions: int) -> list[Row]:
    """Let threads of all sizes have turns, one after the other."""
    used: dict[int, list[Slices]] = {size: [] for size in SIZES}
    sent: dict[int, list[float]] = {size: [] for size in SIZES}
    few = SIZES[0]
    async with scene(server.url) as made, client.connect(server.url) as redis:
        threads = {size: await made.turn(TEXT) for size in SIZES}
        await asyncio.sleep(SETTLES)
        await made.present[0].kill()
        for size, thread in threads.items():
            await made.filled(redis, thread, size - 2)
        await made.start()
        for thread in threads.values():
            await _noted(made, thread)
        for _ in range(repetitions):
            slices = [
                {size: await _turns(made, redis, thread) for size, thread in threads.items()}
                for _ in range(SLICES)
            ]
            for size in SIZES:
                used[size].append([(each[size][0], each[few][0]) for each in slices])
                sent[size].append(statistics.fmean(each[size][1].size for each in slices) / TURNS / 1000)
    rows = [
        ratio_of_slices(f"CPU of a turn, {size:,} items against {few}", used[size], most=1.3, unit="ms")
        for size in SIZES[1:]
    ]
    rows += [
        ratio(
            f"Redis bytes of a turn, {size:,} items against {few}", sent[size], sent[few], most=2, unit="kB"
        )
        for size in SIZES[1:]
    ]
    return rows
