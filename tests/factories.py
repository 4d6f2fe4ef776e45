"""Ready-made values with sensible defaults, to override where a test cares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.approval import Approval, Decision, Requirement, Verdict, canonical
from bot.thread import ThreadRef

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
        "requirement": Requirement(role="finance", why="Refunds over 20.00 need one of finance."),
        "requested_at": NOON,
        "expires_at": NOON + timedelta(days=1),
    }
    return Approval(**(values | changes))


def a_decision(by: str = OMAR, verdict: Verdict = Verdict.APPROVE, **changes: Any) -> Decision:
    """Omar approves, an hour after noon."""
    values: dict[str, Any] = {"at": NOON + timedelta(hours=1)}
    return Decision(by=by, verdict=verdict, **(values | changes))
