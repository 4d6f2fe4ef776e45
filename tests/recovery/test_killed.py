"""Real processes, killed for real."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devkit.processes import Child
from tests.world import ANA, OMAR, SUPPORT, World


class Bots:
    """Bots as processes of their own."""

    def __init__(self, world: World, logs: Path) -> None:
        self._world = world
        self._logs = logs
        self.all: list[Child] = []

    async def start(self) -> Child:
        """Start one more, and wait until Slack has its socket."""
        before = self._world.slack.sockets
        child = Child(
            f"bot-{len(self.all)}",
            (sys.executable, "-m", "bot", "serve"),
            settings=self._world.variables(LOG_FORMAT="text"),
            log=self._logs / f"bot-{len(self.all)}.log",
            now=lambda: datetime.now(UTC),  # noqa: TID251
        )
        self.all.append(child)
        await child.start()
        await self._world.slack.until(lambda: self._world.slack.sockets > before, timeout=40)
        return child


@pytest.fixture
async def bots(world: World, tmp_path: Path) -> AsyncGenerator[Bots]:
    async with AsyncExitStack() as stack:
        made = Bots(world, tmp_path)

        async def stop() -> None:
            for child in made.all:
                await child.kill()

        stack.push_async_callback(stop)
        yield made


async def test_a_click_resumes_in_another_process_after_the_first_was_killed(
    world: World, bots: Bots
) -> None:
    first = await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    await first.kill()
    await world.slack.until(lambda: world.slack.sockets == 0)
    await bots.start()
    await world.approves(OMAR, card)
    await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")

    assert world.refunds == [("INV-1003", "29.00")]


async def test_a_worker_killed_in_the_middle_of_its_answer_is_replaced_in_the_same_message(
    world: World, bots: Bots
) -> None:
    world.model.delay = 0.05
    first = await bots.start()
    thread = await world.asks("write a long answer")
    await world.slack.until(lambda: [m for m in world.replies(thread) if m.edits])
    await first.kill()
    await bots.start()
    await world.hears(thread, "Part 5")

    assert len(world.replies(thread)) == 1


async def test_a_worker_killed_after_the_refund_and_before_its_note_refunds_nothing_twice(
    world: World, bots: Bots
) -> None:
    first = await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    world.billing.hold_answers(1)
    await world.approves(OMAR, card)
    await world.billing.when_refunded()
    await first.kill()
    await bots.start()
    await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")

    assert world.refunds == [("INV-1003", "29.00")]
    assert world.billing.requests >= 2


async def test_two_processes_share_the_work(world: World, bots: Bots) -> None:
    for _ in range(2):
        await bots.start()
    threads = [await world.asks(f"refund ${amount} on INV-1005") for amount in (30, 31, 32, 33)]
    for thread in threads:
        await world.approves(OMAR, await world.card(thread))
    for thread in threads:
        await world.hears(thread, "Done: I refunded")

    assert sorted(amount for _, amount in world.refunds) == ["30.00", "31.00", "32.00", "33.00"]
    assert all(len(world.replies(thread)) == 3 for thread in threads)


async def test_sigterm_drains_and_leaves_nothing_half_said(world: World, bots: Bots) -> None:
    world.model.delay = 0.01
    first = await bots.start()
    thread = await world.asks("write a long answer")
    await world.slack.until(lambda: world.replies(thread))
    await first.stop()
    await bots.start()
    await world.slack.says(ANA, SUPPORT, "hello", thread_ts=thread)
    await world.hears(thread, "Here is what you can try")

    assert len(world.done(thread)) == 2
