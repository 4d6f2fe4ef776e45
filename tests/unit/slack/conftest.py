"""A workspace in memory, and a clock that moves only when told."""

from __future__ import annotations

import pytest

from bot.slack.client import Slack
from bot.slack.limiter import Limiter
from tests.unit.slack.clock import Clock
from tests.unit.slack.workspace import ME, Workspace


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(clock: Clock) -> Workspace:
    return Workspace(clock)


@pytest.fixture
def limiter(clock: Clock) -> Limiter:
    return Limiter(clock=clock, sleep=clock.wait)


@pytest.fixture
def slack(workspace: Workspace, limiter: Limiter) -> Slack:
    return Slack(workspace, limiter, me=ME)
