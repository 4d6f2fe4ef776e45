"""How often Redis is asked for `/metrics`, and what the page says where it does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.domain.backlog import AGES, OLDER, Backlog, InLine, Undone
from bot.domain.rank import Band
from bot.slack.token_access import Token
from bot.telemetry.measures import MEASURES, Kind
from bot.telemetry.metrics import Metrics
from bot.wiring import metrics_page
from bot.wiring.metrics_page import FRESH, MetricsPage
from tests.promql import page

GAUGES = {one.name for one in MEASURES if one.kind is Kind.GAUGE}
OWN = {
    *("countersign_redis_up", "countersign_ready"),
    *("countersign_slack_token_refused", "countersign_clock_off_seconds"),
}


class Replica:
    """One whose Redis answers as a test says, and counts how often it is asked."""

    def __init__(self) -> None:
        self.now = 0.0
        self.readings = 0
        self.answer: Callable[[], Awaitable[None]] = self._at_once
        self.token = Token("SLACK_BOT_TOKEN")
        undone = Undone(dict.fromkeys([*AGES, OLDER], 0), 0.0)
        self._backlog = Backlog({band: InLine(0, 0.0) for band in Band}, undone, undone, 0)
        self.page = MetricsPage(
            Metrics(),
            cast("Any", self._health()),
            backlog=self._read,
            persists=self._is_so,
            tokens=[self.token],
            ticks=lambda: self.now,
        )

    def _health(self) -> SimpleNamespace:
        off = SimpleNamespace(off=lambda: timedelta(seconds=1))
        return SimpleNamespace(
            receiver=SimpleNamespace(is_connected=self._is_so),
            complaints=self._nothing,
            is_recovering=self._is_so,
            timing=SimpleNamespace(clock=off, of_slack=timedelta(0)),
        )

    async def _is_so(self) -> bool:
        return True

    async def _nothing(self) -> list[str]:
        return []

    async def _at_once(self) -> None:
        pass

    async def _read(self) -> Backlog:
        self.readings += 1
        await self.answer()
        return self._backlog

    async def gauges(self) -> set[str]:
        return set(await self.shown()) & GAUGES

    async def shown(self) -> dict[str, Any]:
        return dict(page((await self.page.show(""))[0].decode()))


async def test_redis_is_asked_once_in_a_while_whoever_reads_the_page() -> None:
    replica = Replica()
    await asyncio.gather(*(replica.page.show("") for _ in range(20)))
    replica.now = FRESH - 0.1
    assert await replica.gauges() == GAUGES
    assert replica.readings == 1

    replica.now = FRESH
    await replica.page.show("")
    assert replica.readings == 2


async def test_where_redis_does_not_answer_nothing_that_it_said_before_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metrics_page, "SLOWEST", 0.01)

    async def is_gone() -> None:
        raise RedisConnectionError

    async def hangs() -> None:
        await asyncio.Event().wait()

    replica = Replica()
    assert await replica.gauges() == GAUGES
    for how in (is_gone, hangs):
        replica.answer, replica.now = how, replica.now + FRESH
        async with asyncio.timeout(20):
            text = (await replica.page.show(""))[0].decode()
        assert set(page(text)) & GAUGES == OWN
        assert "countersign_redis_up 0.0" in text
        assert "countersign_ready 0.0" in text
        readings = replica.readings
        await replica.page.show("")
        assert replica.readings == readings


async def test_a_token_that_slack_refuses_shows_until_it_is_taken_again() -> None:
    replica = Replica()
    for refuse, value in ((True, "1.0"), (False, "0.0")):
        if refuse:
            replica.token.turned_away("invalid_auth")
        else:
            replica.token.let_in()
        replica.now += FRESH
        text = (await replica.page.show(""))[0].decode()
        assert f'countersign_slack_token_refused{{token="SLACK_BOT_TOKEN"}} {value}' in text
