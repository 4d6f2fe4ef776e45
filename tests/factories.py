"""Ready-made values with sensible defaults, to override where a test cares."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.approvals.approval import Approval, Decision, Verdict, canonical
from bot.domain.approvals.quorum import Seat
from bot.domain.approvals.requirement import Requirement
from bot.domain.thread import ThreadRef

TEAM = "T0ACME0001"
ANA, OMAR, MEI, THEO = "U0ANA00001", "U0OMAR0001", "U0MEI00001", "U0THEO0001"
FINANCE = frozenset({OMAR, MEI})
SUPPORT = "C0SUPPORT1"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
THREAD = ThreadRef(TEAM, SUPPORT, "1795435200.000100")


def an_approval(**changes: Any) -> Approval:
    """A refund of 29 dollars that Ana asked for and one of finance must approve within a day."""
    values: dict[str, Any] = {
        "id": "03-k7Qm2x",
        "thread": THREAD,
        "generation": 0,
        "call_id": "call_1",
        "tool": "issue_refund",
        "arguments": canonical(
            {"invoice_id": "INV-1003", "amount": "29.00", "currency": "USD", "reason": "double charge"}
        ),
        "requester": ANA,
        "authors": (ANA,),
        "requirements": (Requirement(role="finance", why="Refunds over 20.00 need one of finance."),),
        "requested_at": NOON,
        "expires_at": NOON + timedelta(days=1),
    }
    made = Approval(**(values | changes))
    return made if made.asked else replace(made, asked=made.arguments)


def a_decision(by: str = OMAR, verdict: Verdict = Verdict.APPROVE, **changes: Any) -> Decision:
    """Omar approves what `an_approval` shows, an hour after noon."""
    values: dict[str, Any] = {"at": NOON + timedelta(hours=1), "digest": an_approval().digest}
    return Decision(by=by, verdict=verdict, **(values | changes))


def seated(by: str, *roles: str, holder: str = "") -> list[Seat]:
    """The place of a person who may decide for some roles (finance, if none is named)."""
    return [Seat(holder or by, roles or ("finance",))]
