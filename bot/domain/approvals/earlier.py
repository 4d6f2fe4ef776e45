"""Calls of a tool that were made before, as far as the conditions of its policy look back. Pure.

What counts is what was done or may have been done; what is known not to have been made is given back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

#: Calls of one page that are kept. What is older is not known any more, and a condition that reaches so far back
#: cannot be told: people are asked.
MOST: Final = 2_000
#: For so long a call that was let go on and has not begun counts as one that is made now: it may wait beside others
#: for people. Longer than that nothing waits unless APPROVAL_TTL_HOURS says so.
MAY_BEGIN: Final = timedelta(days=7)
#: What stands for the person who asks, where an argument could be named.
REQUESTER: Final = "requester"


@dataclass(frozen=True, slots=True)
class LookBack:
    """How far a condition looks back: over calls with the same value of the argument `per`, or by the same
    requester, or (where it is empty) of the tool as a whole. `arguments` are what it has to know of them.
    """

    per: str
    window: timedelta
    arguments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EarlierCall:
    """A call of the tool that was made, or is about to be. `effect` names it, over all repetitions.

    `arguments` are those that the policy's conditions look at. One that `is_open` has not begun yet.
    """

    effect: str
    at: datetime
    requester: str
    arguments: Mapping[str, Any]
    is_open: bool = False

    def time(self, now: datetime) -> datetime:
        """When it counts as made."""
        return now if self.is_open and now - self.at < MAY_BEGIN else self.at


@dataclass(frozen=True, slots=True)
class Page:
    """The calls of a tool that agree in one thing, in the order in which they were let go on.

    `whole_since` is the moment before which some may be missing; None where none are.
    """

    calls: tuple[EarlierCall, ...] = field(default=())
    whole_since: datetime | None = None

    def before(self, effect: str) -> tuple[EarlierCall, ...]:
        """The calls that were let go on before this one, all of them where it is not there."""
        at = next((n for n, call in enumerate(self.calls) if call.effect == effect), len(self.calls))
        return self.calls[:at]

    def holds(self, effect: str) -> EarlierCall | None:
        """The call of this name."""
        return next((call for call in self.calls if call.effect == effect), None)

    def knows(self, window: timedelta, now: datetime) -> bool:
        """Whether no call within this time can be missing."""
        return self.whole_since is None or self.whole_since <= now - window

    def put(self, call: EarlierCall, window: timedelta, now: datetime) -> Page:
        """Note a call, in its old place where it is there; what no window reaches any more goes."""
        known = self.holds(call.effect) is not None
        noted = [call if one.effect == call.effect else one for one in self.calls]
        noted += [] if known else [call]
        kept = [one for one in noted if one.effect == call.effect or one.time(now) > now - window]
        gone, left = kept[:-MOST], kept[-MOST:]
        since = max((one.at for one in gone), default=None)
        return replace(self, calls=tuple(left), whole_since=since or self.whole_since)

    def without(self, effect: str) -> Page:
        """Give back a call that is known not to have been made."""
        return replace(self, calls=tuple(call for call in self.calls if call.effect != effect))


def value_of(per: str, requester: str, arguments: Mapping[str, Any]) -> str:
    """What calls of one page agree in, in one form; those without the argument agree as well."""
    if per == REQUESTER:
        return requester
    return json.dumps(arguments.get(per), sort_keys=True) if per else ""


def longest(looks: Iterable[LookBack]) -> Mapping[str, timedelta]:
    """The longest window for each thing that calls are told apart by."""
    found: dict[str, timedelta] = {}
    for one in looks:
        found[one.per] = max(found.get(one.per, timedelta(0)), one.window)
    return found


def looked_at(looks: Iterable[LookBack], arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments of a call that some condition will want to know of it."""
    names = {name for one in looks for name in (*one.arguments, one.per)}
    return {name: value for name, value in arguments.items() if name in names}


@dataclass(frozen=True, slots=True)
class Pages:
    """All pages that a call stands on, each with the time over which its conditions look back."""

    of: tuple[tuple[Page, timedelta], ...]

    def before(self, call: EarlierCall, now: datetime) -> Sequence[EarlierCall] | None:
        """What was let go on before a call; None where some of it may be missing."""
        return self._merged([page.before(call.effect) for page, _ in self.of], now)

    def others(self, call: EarlierCall, now: datetime) -> Sequence[EarlierCall] | None:
        """All calls but this one; None where some may be missing."""
        return self._merged([page.without(call.effect).calls for page, _ in self.of], now)

    def has(self, call: EarlierCall) -> bool:
        """Whether this very call was let go on before."""
        found = [page.holds(call.effect) for page, _ in self.of]
        return all(one is not None and one.arguments == call.arguments for one in found)

    def put(self, call: EarlierCall, now: datetime) -> Pages:
        """Note a call on all of them."""
        return Pages(tuple((page.put(call, window, now), window) for page, window in self.of))

    def without(self, effect: str) -> Pages:
        """Give a call back on all of them."""
        return Pages(tuple((page.without(effect), window) for page, window in self.of))

    def _merged(self, calls: Sequence[Sequence[EarlierCall]], now: datetime) -> Sequence[EarlierCall] | None:
        if not all(page.knows(window, now) for page, window in self.of):
            return None
        return tuple({call.effect: call for page in calls for call in page}.values())
