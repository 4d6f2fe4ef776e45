"""The lines of a thread's story, made of what is kept of its events and of the record. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.audit import Deed, Entry
from bot.domain.handled_event import HandledEvent

#: Details of the record in which people or models speak.
TEXTS: Final = ("arguments", "before", "after", "preview", "reason", "result", "difference")
#: What an event's kind is called.
KINDS: Final = {
    "message": "wrote",
    "decision": "clicked on an approval",
    "edit": "changed an approval",
    "withdrawal": "takes an approval back",
    "retry": "wants it tried again",
    "reset": "wants the thread forgotten",
    "stop": "pressed Stop",
    "vote": "said what they think of an answer",
}
#: What an outcome is called.
OUTCOMES: Final = {
    "completed": "answered",
    "interrupted": "waits for people",
    "unsure": "waits for people to say what happened",
    "blocked": "refused by the check",
    "stopped": "stopped",
    "failed": "failed",
    "notice": "answered in the bot's own words",
    "done": "done",
}


@dataclass(frozen=True, order=True, slots=True)
class Line:
    """One line, of a moment; `order` tells those of one moment apart."""

    at: datetime
    order: int
    text: str


def of_event(one: HandledEvent) -> Iterator[Line]:
    """Two lines: what happened, and what came of it."""
    who = one.person or "The bot's clock"
    again = f", try {one.tries}" if one.tries > 1 else ""
    yield Line(one.began, 0, f"{who} {KINDS.get(one.kind, one.kind)}: taken up{again}  [{one.event}]")
    came = OUTCOMES.get(one.outcome, one.outcome)
    by = f" by {one.agent}" if one.agent and one.outcome == "completed" else ""
    why = f": {one.failure.replace('_', ' ')}, reference {one.reference}" if one.reference else ""
    took = f" after {(one.ended - one.began).total_seconds():.1f} s"
    asked = ""
    if one.requests:
        times = "once" if one.requests == 1 else f"{one.requests:,} times"
        tokens = f"{one.read:,} tokens read, {one.written:,} written"
        asked = f"; models were asked {times}, {tokens}, ${one.cost:.4f}"
    trace = f"  [trace {one.trace}]" if one.trace else ""
    yield Line(one.ended, 2, f"{came}{by}{why}{took}{asked}{trace}")


def of_entry(entry: Entry, *, with_text: bool) -> Line:
    """A line of the record; what people or models say in it only where it is asked for."""
    told = entry.details
    who, tool, of = entry.person, entry.tool, f"  [{entry.approval}]" if entry.approval else ""
    match entry.deed:
        case Deed.REQUESTED:
            text = f"{tool} needs {told.get('needs') or 'somebody'}; asked for by {who}"
        case Deed.CARD_DELIVERED:
            text = f"card posted in {told.get('channel', '')}"
        case Deed.DECIDED:
            text = f"{who} said {told.get('verdict', '')}: {told.get('status', '')}"
        case Deed.CLICK_REFUSED:
            text = f"a click of {who} did not count ({told.get('why', '')})"
        case Deed.STARTED:
            text = f"{tool} began"
        case Deed.EXECUTED:
            text = f"{tool}: {told.get('ending', '').replace('_', ' ')}"
        case deed:
            text = " ".join(word for word in (deed.value.replace("_", " "), tool, who and f"({who})") if word)
    said = [f"{name}={told[name]}" for name in TEXTS if with_text and told.get(name)]
    return Line(entry.at, 1, "  ".join([text + of, *said]))
