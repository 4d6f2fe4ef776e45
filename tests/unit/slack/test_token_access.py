"""A token is asked about until Slack takes it again, and what was missed meanwhile is looked for."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.duty import Duty
from bot.domain.errors import SlackUnauthorized, SlackUnavailable
from bot.domain.tasks import in_background
from bot.slack import token_access
from bot.slack.token_access import Access
from bot.telemetry.metrics import Metrics


async def test_when_the_token_is_taken_again_it_is_told_for_how_long_it_was_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(token_access, "AGAIN", 0.0)
    now, answers = (
        100.0,
        [SlackUnauthorized("auth.test", "token_revoked"), SlackUnavailable("auth.test"), None],
    )
    duty, told = Duty(), asyncio.Queue[float]()

    async def ask() -> None:
        nonlocal now
        now += 10
        if (failure := answers.pop(0)) is not None:
            raise failure

    token = Access(lambda: now, duty)
    token.restored = told.put_nowait
    async with in_background(token.watch(ask, Metrics())), asyncio.timeout(5):
        token.turned_away("token_revoked")
        now += 5
        token.turned_away("token_revoked")  # it counts from the first time
        assert await told.get() == 35.0
    assert not duty.is_off
    assert token.complaint == ""
