"""The receiver's thread and its loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest
import uvloop

from bot.connection.receiver import Receiver
from bot.connection.watchdog import Watchdog
from bot.telemetry.metrics import Metrics


@pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
def test_the_receiver_has_a_loop_of_its_own_and_of_the_bots_kind(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Watchdog]:
        loops.append(asyncio.get_running_loop())
        yield Watchdog(lambda pace: None, [], loops[0].time, lambda _: None, Metrics())  # pyright: ignore[reportArgumentType] - no sockets

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        receiver = Receiver(opened)
        await receiver.start()
        await receiver.stop()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(serve())

    bots, receivers = loops
    assert bots is not receivers
    assert type(bots) is type(receivers)
