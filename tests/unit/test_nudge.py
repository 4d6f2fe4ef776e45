"""Who asked has the approvers reminded: once, and not right after they were asked or reminded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain import errors
from bot.domain.approvals.deadlines import NUDGE_AFTER, was_nudged_of_late
from bot.domain.approvals.transitions import nudge
from tests.factories import ANA, NOON, OMAR, an_approval

LATER = NOON + NUDGE_AFTER


def test_it_is_noted_and_an_ordinary_reminder_right_behind_it_is_left_out() -> None:
    nudged = nudge(an_approval(), ANA, at=LATER)

    assert nudged.nudged_at == LATER
    assert was_nudged_of_late(nudged, LATER + NUDGE_AFTER - timedelta(seconds=1))
    assert not was_nudged_of_late(nudged, LATER + NUDGE_AFTER)
    assert not was_nudged_of_late(an_approval(), LATER)


@pytest.mark.parametrize(
    ("changes", "by", "at", "refusal"),
    [
        ({}, OMAR, LATER, errors.NotTheRequester),
        ({}, ANA, LATER - timedelta(seconds=1), errors.NudgedTooSoon),
        ({"reminded_at": LATER}, ANA, LATER + timedelta(minutes=9), errors.NudgedTooSoon),
        ({"nudged_at": LATER}, ANA, LATER + timedelta(hours=1), errors.NudgedAlready),
        ({"expires_at": LATER}, ANA, LATER, errors.ApprovalExpired),
    ],
    ids=["another's", "just asked", "just reminded", "twice", "too late"],
)
def test_it_is_refused_otherwise(
    changes: dict[str, Any], by: str, at: Any, refusal: type[errors.DecisionRefused]
) -> None:
    with pytest.raises(refusal):
        nudge(an_approval(**changes), by, at=at)
