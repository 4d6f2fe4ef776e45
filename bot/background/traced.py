"""What is logged and traced while a worker has an event says which thread and event it is of."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from bot.store.claim import Claim
from bot.telemetry import logs, tracing
from bot.telemetry.tracing import Traces


@contextmanager
def traced(traces: Traces | None, claim: Claim) -> Generator[None]:
    """Bind every record of this block, and make a span around it, below the one in which the event came."""
    kind = claim.event.kind if claim.event else "unreadable"
    about = {
        "countersign.thread": str(claim.thread),
        "countersign.event": claim.event_id,
        "countersign.kind": kind,
        "countersign.approval": getattr(claim.event, "approval_id", ""),
        "countersign.tries": claim.tries,
    }
    known = {name: value for name, value in about.items() if value}
    came_from = getattr(claim.event, "trace", "")
    with (
        tracing.handling(traces, came_from, f"handle {kind}", known),
        logs.bound(thread=str(claim.thread), event=claim.event_id),
        logs.bound(**({"trace": found} if (found := tracing.trace_id(tracing.here())) else {})),
    ):
        yield
