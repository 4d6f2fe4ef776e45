"""What a click takes, from the button to the body of the tool, in a thread with fifty items."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Final

from bench.figures import Row, Slices, ratio_of_slices
from bench.processes import Talker, process
from bench.turns import billing_of
from bench.worlds import PATIENCE, SETTLES, Scene, scene
from bot.store import client
from devkit.model.script import Calls, Text
from devkit.model.server import ModelServer
from devkit.slack.workspace import OMAR, Message
from tests.redis_server import RedisServer

ITEMS, CLICKS = 50, 8
TEXT: Final = "Certainly."
REFUND: Final = {"invoice_id": "INV-8999", "amount": "29.00", "currency": "USD", "reason": "asked for"}


async def _waiting(made: Scene, thread: str, invoice: str) -> Message:
    """A card in a thread, of a refund that waits."""
    made.around.billing.bill(invoice, "Hazel & Co", "50.00", "USD")
    await made.around.asks(f"refund $29 on {invoice}", thread=thread)
    await made.around.slack.until(lambda: made.around.cards(thread), timeout=PATIENCE)
    return made.around.cards(thread)[0]


async def _click(made: Scene, card: Message) -> tuple[float, float]:
    """Approve; milliseconds until billing was asked, on the clock and of the bot's processor."""
    asked: asyncio.Future[tuple[float, float]] = asyncio.get_running_loop().create_future()
    made.around.billing.on_change = lambda: (
        None if asked.done() else asked.set_result((time.perf_counter(), made.processor()))
    )
    await asyncio.sleep(SETTLES)
    began, used = time.perf_counter(), made.processor()
    await made.around.approves(OMAR, card)
    ended, was = await asked
    await made.around.slack.until(lambda: "Approved" in card.shown, timeout=PATIENCE)
    return (ended - began) * 1000, (was - used) * 1000


async def _alone(model: ModelServer, alone: Talker) -> float:
    """Milliseconds of the processor that the SDK alone takes from the saved run to the body of the tool."""
    steps = Calls([("transfer_to_billing", {})]), Calls([("issue_refund", REFUND)])
    model.script(*steps, Text(TEXT))
    return 1000 * float(await alone.tell({"items": ITEMS}))


async def measure(server: RedisServer, repetitions: int) -> list[Row]:
    """Click in threads that all have so many items."""
    took: list[float] = []
    used: list[float] = []
    sides: list[Slices] = []
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(scene(server.url))
        redis = await stack.enter_async_context(client.connect(server.url))
        model = ModelServer()
        await model.start()
        stack.push_async_callback(model.stop)
        command = [sys.executable, "-m", "bench.bare_click", model.url]
        alone = await stack.enter_async_context(process(command, billing_of(made)))
        threads = [await made.turn(TEXT) for _ in range((repetitions * CLICKS) + 1)]
        await asyncio.sleep(SETTLES)
        await made.present[0].kill()
        for thread in threads:
            await made.filled(redis, thread, ITEMS - 2)
        await made.start()
        await _click(made, await _waiting(made, threads.pop(), "INV-8999"))
        for number in range(repetitions):
            some = [threads.pop() for _ in range(CLICKS)]
            cards = [await _waiting(made, one, f"INV-8{number}{at:02}") for at, one in enumerate(some)]
            figures = [(*await _click(made, card), await _alone(model, alone)) for card in cards]
            took += [clock for clock, _, _ in figures]
            used += [ours for _, ours, _ in figures]
            sides.append([(ours, bare) for _, ours, bare in figures])
    name = f"CPU from a click to the body of the tool, {ITEMS} items, against the SDK alone"
    row = ratio_of_slices(name, sides, most=25, unit="ms", named="bot : SDK")
    clock = f"{row.beside}, {statistics.median(took):.1f} ms on the clock"
    return [replace(row, judged=(used, "ms"), beside=clock)]
