"""The flood limits, as a table."""

from __future__ import annotations

import pytest

from bot.conversation.requests import FloodLimits, Load
from bot.domain.approvals.requirement import Requirement

LIMITS = FloodLimits(per_run=2, per_requester=5, per_role=3)
FINANCE, LEGAL = Requirement("finance", ""), Requirement("legal", "")


@pytest.mark.parametrize(
    ("load", "needs", "refusal"),
    [
        (Load(0, 0, {}), [FINANCE], ""),
        (Load(1, 4, {"finance": 2}), [FINANCE], ""),
        (Load(2, 4, {}), [FINANCE], "2 approvals of one run wait already"),
        (Load(0, 5, {}), [FINANCE], "5 approvals of one requester wait already"),
        (Load(0, 0, {"finance": 3}), [FINANCE], "3 approvals wait for finance already"),
        (Load(0, 0, {"finance": 3}), [LEGAL], ""),
        (Load(0, 0, {"legal": 3}), [FINANCE, LEGAL], "3 approvals wait for legal already"),
        (Load(2, 5, {"finance": 9}), [FINANCE], "2 approvals of one run wait already"),
    ],
    ids=["nothing", "room", "run", "requester", "role", "another role", "one of two roles", "all of them"],
)
def test_one_more_is_refused_where_it_would_break_a_limit(
    load: Load, needs: list[Requirement], refusal: str
) -> None:
    assert load.refuses(needs, LIMITS) == refusal


def test_what_is_asked_for_counts_at_once() -> None:
    load = Load(0, 0, {"finance": 1}).plus([FINANCE, LEGAL])

    assert load == Load(1, 1, {"finance": 2, "legal": 1})
    assert load.plus([LEGAL]).refuses([LEGAL], LIMITS) == "2 approvals of one run wait already"
