"""What became of an event, as it is kept for who operates the bot."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.handled_event import HandledEvent
from bot.domain.run import Reply
from bot.domain.usage import Usage
from bot.store.claim import Claim
from bot.telemetry import tracing


@dataclass(slots=True)
class Course:
    """How the handling of an event goes: since when, what models used that is written, and what people are shown of an event
    that is given up, and the log has."""

    began: datetime
    used: Usage = field(default_factory=Usage)
    reference: str = ""


def became(claim: Claim, reply: Reply, course: Course, *, run: str, ended: datetime) -> HandledEvent:
    """Tell it: `reply` is how the event was answered, as far as it was."""
    event, outcome, used = claim.event, reply.outcome, course.used
    return HandledEvent(
        str(claim.thread),
        claim.event_id,
        event.kind if event else "unreadable",
        str(getattr(event, "user", "")),
        course.began,
        ended,
        "failed" if course.reference else outcome.kind if outcome else "done",
        agent=str(getattr(outcome, "agent", "")),
        failure="gave up" if course.reference else str(getattr(outcome, "failure", "")),
        reference=course.reference or str(getattr(outcome, "reference", "")),
        run=run,
        trace=tracing.trace_id(tracing.here()),
        tries=claim.tries,
        requests=used.requests,
        read=used.tokens.input,
        written=used.tokens.output,
        cost=used.cost,
    )
