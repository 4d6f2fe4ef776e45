"""The receiver's inbox where traces are exported: what Slack delivers begins a trace, or goes on with one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.domain.events import Event
from bot.domain.thread import ThreadRef
from bot.domain.traced import Traced
from bot.store.inbox import Appended, Inbox
from bot.telemetry import tracing

#: How the id of an event ends that is Slack's own name of a delivery.
_DELIVERY = "evt:"


class TracedInbox(Inbox):
    """Appends each event with the span in which it came, so that whoever works on it goes on with that."""

    async def append(
        self, thread: ThreadRef, event: Event, *, event_ids: Sequence[str], **more: Any
    ) -> Appended:
        """Accept an event; see `Inbox.append`."""
        about = {
            "countersign.thread": str(thread),
            "countersign.event": event_ids[0],
            "countersign.kind": event.kind,
            "countersign.approval": getattr(event, "approval_id", ""),
            "slack.delivery": next((each for each in event_ids if each.startswith(_DELIVERY)), ""),
        }
        known = {name: value for name, value in about.items() if value}
        with tracing.received(f"slack {event.kind}", known):
            if isinstance(event, Traced):
                event = replace(event, trace=tracing.here())
            return await super().append(thread, event, event_ids=event_ids, **more)
