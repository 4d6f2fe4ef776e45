"""Rate limits: https://docs.slack.dev/apis/web-api/rate-limits"""

from __future__ import annotations

import math

from devkit.slack.clock import Clock

_TIER_2, _TIER_3, _TIER_4 = 20, 50, 100
#: Calls a minute of each method, for one app in one workspace.
PER_MINUTE = {
    "chat.update": _TIER_3,
    "chat.delete": _TIER_3,
    "chat.postEphemeral": _TIER_4,
    "conversations.replies": _TIER_3,
    "conversations.history": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.open": _TIER_3,
    "conversations.members": _TIER_4,
    "users.info": _TIER_4,
    "usergroups.list": _TIER_2,
    "usergroups.users.list": _TIER_2,
    "views.open": _TIER_4,
    "views.update": _TIER_4,
}
#: chat.postMessage: one a second in each channel, with short bursts. How short is not documented.
POSTS_PER_SECOND, POST_BURST = 1.0, 8


class Pace:
    """Token buckets, one for each method; for chat.postMessage one for each channel."""

    def __init__(self, clock: Clock, *, strict: bool) -> None:
        self._clock = clock
        self._strict = strict
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, method: str, channel: str) -> int:
        """Count a call. Returns 0 if it may go on, else the seconds of its `Retry-After`."""
        if not self._strict:
            return 0
        if method == "chat.postMessage":
            return self._take(f"{method} {channel}", POSTS_PER_SECOND, POST_BURST)
        if method not in PER_MINUTE:
            return 0
        return self._take(method, PER_MINUTE[method] / 60, PER_MINUTE[method])

    def _take(self, name: str, rate: float, size: float) -> int:
        now = self._clock.now()
        left, since = self._buckets.get(name, (size, now))
        left = min(size, left + (now - since) * rate)
        allowed = left >= 1
        self._buckets[name] = (left - 1 if allowed else left, now)
        return 0 if allowed else max(1, math.ceil((1 - left) / rate))
