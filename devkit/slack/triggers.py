"""Trigger ids: what an interaction is worth one open form with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from devkit.slack.rules import Refusal

#: https://docs.slack.dev/interactivity/handling-user-interaction: seconds a trigger id lasts.
LIFE: Final = 3.0


class Triggers:
    """Hands trigger ids out and takes each back once."""

    def __init__(self, clock: Callable[[], float], token: Callable[[], str]) -> None:
        self._clock = clock
        self._token = token
        self._open: dict[str, tuple[str, float]] = {}
        self._used: set[str] = set()

    def new(self, user: str) -> str:
        """A trigger id of what this person just did."""
        trigger = f"trigger-{self._token()}"
        self._open[trigger] = (user, self._clock() + LIFE)
        return trigger

    def take(self, trigger: str) -> str:
        """The person of a trigger id, which is used up by it."""
        if trigger in self._used:
            raise Refusal("exchanged_trigger_id")
        if trigger not in self._open:
            raise Refusal("invalid_trigger_id")
        user, until = self._open.pop(trigger)
        if self._clock() > until:
            raise Refusal("expired_trigger_id")
        self._used.add(trigger)
        return user
