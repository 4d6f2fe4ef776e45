"""What Slack refuses: scopes, pings, and too many calls."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

#: https://docs.slack.dev/reference/methods: the scope each method needs; any of several.
SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.delete": ("chat:write",),
    "chat.startStream": ("chat:write",),
    "chat.appendStream": ("chat:write",),
    "chat.stopStream": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "conversations.replies": ("channels:history", "groups:history", "im:history", "mpim:history"),
    "conversations.history": ("channels:history", "groups:history", "im:history", "mpim:history"),
    "users.conversations": ("channels:read", "groups:read", "im:read", "mpim:read"),
    "conversations.info": ("channels:read", "groups:read", "im:read", "mpim:read"),
    "users.info": ("users:read",),
    "usergroups.users.list": ("usergroups:read",),
    "usergroups.list": ("usergroups:read",),
    "conversations.open": ("im:write",),
    "files.getUploadURLExternal": ("files:write",),
    "files.completeUploadExternal": ("files:write",),
    "files.info": ("files:read",),
    "reactions.add": ("reactions:write",),
}
#: https://docs.slack.dev/apis/web-api/rate-limits: calls a minute, by method; others 100.
PER_MINUTE: Final[Mapping[str, int]] = {
    "chat.update": 50,
    "usergroups.users.list": 20,
    "chat.startStream": 20,
    "chat.appendStream": 100,
    "chat.stopStream": 20,
    "conversations.replies": 50,
    "conversations.history": 50,
    "chat.postMessage": 60,
}
#: Slack lets bursts pass: so many calls at once before the rate sets in.
BURST: Final = 20
PINGS: Final = re.compile(r"<(?:!(?:here|channel|everyone)\b|!subteam\^|@)[^>]*>")


class Refusal(Exception):
    """A call that ends with `ok: false`; `extra` goes into the answer."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra


def check_scope(method: str, granted: Sequence[str]) -> None:
    """Refuse a method whose scope the manifest does not ask for."""
    needed = SCOPES.get(method)
    if needed and not set(needed) & set(granted):
        raise Refusal("missing_scope", needed=needed[0], provided=",".join(granted))


def pings(text: str, blocks: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """Live mentions in what Slack would parse: text, mrkdwn and Markdown, not plain text."""
    return PINGS.findall(text) + [ping for block in blocks or () for ping in _pings_in(block)]


def _pings_in(node: Any) -> list[str]:
    if isinstance(node, dict):
        if node.get("type") in {"mrkdwn", "markdown"}:
            return PINGS.findall(str(node.get("text") or ""))
        return [ping for child in node.values() for ping in _pings_in(child)]
    if isinstance(node, list):
        return [ping for child in node for ping in _pings_in(child)]
    return []


class Pace:
    """Counts calls by method and channel, and says how many seconds a caller has to wait."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def wait(self, method: str, channel: str) -> int:
        """Count a call; 0 if it may pass, else the Retry-After of the refusal."""
        per_minute = PER_MINUTE.get(method, 100)
        calls = self._calls[method, channel if method == "chat.postMessage" else ""]
        now = self._clock()
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= per_minute + BURST:
            return max(1, int(calls[0] + 60 - now) + 1)
        calls.append(now)
        return 0
