"""Slack's timestamps, which are texts."""

from __future__ import annotations


def microseconds(ts: str) -> int:
    """Read a timestamp such as "1795435200.000100" as microseconds since 1970."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0") or 0)
