"""Reminders with back-off, escalation, deadlines: from stored times alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.approvals.approval import Approval, ApprovalStatus, Offers
from bot.domain.approvals.deadlines import deadline, escalations, next_reminder
from bot.domain.approvals.requirement import Requirement
from bot.domain.approvals.transitions import escalate
from tests.factories import NOON, an_approval

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def needing(*requirements: Requirement, **changes: Any) -> Approval:
    return an_approval(requirements=requirements, **changes)


def test_the_earliest_deadline_counts_and_the_bots_own_stands_in() -> None:
    quick, slow = Requirement("finance", "", expires_after=HOUR), Requirement("legal", "")

    assert deadline([quick, slow], NOON, DAY) == NOON + HOUR
    assert deadline([slow], NOON, DAY) == NOON + DAY
    assert deadline([], NOON, DAY) == NOON + DAY


def test_reminders_double_their_distance_and_end_before_the_deadline() -> None:
    approval = needing(Requirement("finance", "", remind_after=2 * HOUR), expires_at=NOON + DAY)
    moments = [next_reminder(replace(approval, reminders=number), NOON) for number in range(5)]

    assert moments == [NOON + 2 * HOUR, NOON + 6 * HOUR, NOON + 14 * HOUR, None, None]


def test_reminders_missed_while_nobody_was_there_are_not_made_up_for() -> None:
    approval = needing(Requirement("finance", "", remind_after=HOUR), expires_at=NOON + DAY)

    assert next_reminder(approval, NOON + 6 * HOUR) == NOON + 7 * HOUR
    assert next_reminder(replace(approval, reminders=1), NOON + 7 * HOUR) == NOON + 15 * HOUR
    assert next_reminder(approval, NOON + 23 * HOUR) is None
    assert next_reminder(approval, NOON + 2 * DAY) is None


def test_nobody_is_reminded_of_what_is_closed_or_asks_for_no_reminder() -> None:
    asks = Requirement("finance", "", remind_after=HOUR)

    assert next_reminder(needing(asks, status=ApprovalStatus.REJECTED), NOON) is None
    assert next_reminder(needing(Requirement("finance", "")), NOON) is None


def test_the_shortest_wait_of_several_requirements_counts() -> None:
    approval = needing(
        Requirement("finance", "", remind_after=3 * HOUR), Requirement("legal", "", remind_after=HOUR)
    )

    assert next_reminder(approval, NOON) == NOON + HOUR


def test_a_backup_joins_at_its_moment_or_at_half_time_and_once() -> None:
    approval = needing(
        Requirement("finance", "", escalate_to="owners", escalate_after=HOUR),
        Requirement("legal", "", escalate_to="board"),
        Requirement("ops", ""),
        expires_at=NOON + DAY,
    )

    assert list(escalations(approval)) == [("finance", NOON + HOUR), ("legal", NOON + DAY / 2)]
    assert list(escalations(escalate(approval, "finance"))) == [("legal", NOON + DAY / 2)]
    assert escalate(escalate(approval, "finance"), "finance").escalated == ("finance",)
    assert Offers() == approval.offers


def test_what_is_closed_is_not_escalated() -> None:
    closed = needing(Requirement("finance", "", escalate_to="owners"), status=ApprovalStatus.APPROVED)

    assert list(escalations(closed)) == []
    assert escalate(closed, "finance") == closed
