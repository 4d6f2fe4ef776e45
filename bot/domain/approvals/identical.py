"""Calls that are the same and are asked for at once: each has a number, so that nobody takes two cards for one. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.approvals.approval import Approval


def told_apart(asked: Sequence[Approval]) -> list[Approval]:
    """Number those that wait and are the same call, among what one step asks for."""
    total = Counter(one.digest for one in asked if not one.is_final)
    seen: Counter[str] = Counter()
    found: list[Approval] = []
    for one in asked:
        if not one.is_final and total[one.digest] > 1:
            seen[one.digest] += 1
            one = replace(one, twin=seen[one.digest], twins=total[one.digest])
        found.append(one)
    return found
