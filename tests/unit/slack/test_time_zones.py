"""Where people's clocks stand, as far as Slack says so at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.time_zone import TimeZone
from bot.slack.client import Slack
from bot.slack.time_zones import FRESH, TimeZones
from tests.unit.slack.clock import Clock
from tests.unit.slack.workspace import Fault, Workspace

ANA = "U0ANA00001"
BERLIN = {"tz": "Europe/Berlin", "tz_offset": 3600}


async def test_it_is_asked_for_once_in_a_while(slack: Slack, workspace: Workspace, clock: Clock) -> None:
    workspace.people[ANA] = {"id": ANA, **BERLIN}
    zones = TimeZones(slack, clock)

    assert await zones.of(ANA) == await zones.of(ANA) == TimeZone("Europe/Berlin", timedelta(hours=1))
    assert len(workspace.made("users.info")) == 1
    clock.now += FRESH
    await zones.of(ANA)
    assert len(workspace.made("users.info")) == 2


@pytest.mark.parametrize("strange", [{}, {"tz": None, "tz_offset": 0}, {"tz": "X", "tz_offset": "3600"}])
async def test_a_person_without_one_has_none(
    slack: Slack, workspace: Workspace, clock: Clock, strange: Any
) -> None:
    workspace.people[ANA] = {"id": ANA, **strange}

    assert await TimeZones(slack, clock).of(ANA) is None


async def test_a_slack_that_is_busy_is_not_waited_for(
    slack: Slack, workspace: Workspace, clock: Clock
) -> None:
    workspace.people[ANA] = {"id": ANA, **BERLIN}
    workspace.fail("users.info", Fault(status=429, error="ratelimited", retry_after="30"))

    assert await TimeZones(slack, clock).of(ANA) is None
    assert len(workspace.made("users.info")) == 1
