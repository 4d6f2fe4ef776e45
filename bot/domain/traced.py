"""Where an event or an approval came from, for who follows what was done from one end to the other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """`trace` is the span that it was made in, as a `traceparent`; empty where no traces are exported."""

    trace: str = ""
