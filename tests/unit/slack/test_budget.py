"""How much of Slack's history is read: a burst, then so many pages a minute."""

from __future__ import annotations

from bot.slack.history_budget import BURST, PER_MINUTE, Budget


class Clock:
    """Moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


async def test_behind_a_burst_pages_are_read_at_the_rate() -> None:
    clock = Clock()
    budget = Budget(lambda: clock.now, clock.wait)
    for _ in range(BURST + 3):
        await budget.take()

    assert clock.waits == [60 / PER_MINUTE] * 3


async def test_a_long_rest_saves_up_one_burst_and_no_more() -> None:
    clock = Clock()
    budget = Budget(lambda: clock.now, clock.wait)
    for _ in range(BURST):
        await budget.take()
    clock.now += 24 * 3600
    for _ in range(BURST + 1):
        await budget.take()

    assert clock.waits == [60 / PER_MINUTE]
