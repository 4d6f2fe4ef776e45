"""What Slack refuses: tokens, scopes, blocks, lengths, and too many calls."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

#: https://docs.slack.dev/reference/methods: the scope each method needs; any of several.
SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.delete": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "conversations.replies": ("channels:history", "groups:history", "im:history", "mpim:history"),
    "conversations.history": ("channels:history", "groups:history", "im:history", "mpim:history"),
    "conversations.info": ("channels:read", "groups:read", "im:read", "mpim:read"),
    "users.info": ("users:read",),
    "usergroups.users.list": ("usergroups:read",),
    "usergroups.list": ("usergroups:read",),
    "conversations.open": ("im:write",),
}
#: https://docs.slack.dev/apis/web-api/rate-limits: calls a minute, by method; others 100.
PER_MINUTE: Final[Mapping[str, int]] = {
    "chat.update": 50,
    "usergroups.users.list": 20,
    "conversations.replies": 50,
    "conversations.history": 50,
    "chat.postMessage": 60,
}
#: Slack lets bursts pass: so many calls at once before the rate sets in.
BURST: Final = 20
MARKDOWN: Final = 12_000
ALL_BLOCKS: Final = 13_200
BLOCKS: Final = 50
PINGS: Final = re.compile(r"<(?:!(?:here|channel|everyone)\b|!subteam\^|@)[^>]*>")
KNOWN_BLOCKS: Final = frozenset(
    {"section", "markdown", "actions", "context", "header", "divider", "rich_text", "input", "image"}
)


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


def check_blocks(blocks: Any) -> list[dict[str, Any]]:
    """Refuse blocks that Slack would refuse; returns them with ids."""
    if not isinstance(blocks, list) or len(blocks) > BLOCKS:
        raise Refusal("invalid_blocks", errors=["not a list of at most 50 blocks"])
    checked: list[dict[str, Any]] = []
    for number, block in enumerate(blocks):
        problem = _problem(block)
        if problem:
            raise Refusal("invalid_blocks", errors=[f"{problem} [json-pointer:/blocks/{number}]"])
        checked.append({"block_id": f"b{number}", **block})
    _check_ids(checked)
    if sum(len(text) for block in checked for text in _strings(block)) > ALL_BLOCKS:
        raise Refusal("msg_blocks_too_long")
    return checked


def _problem(block: Any) -> str | None:
    if not isinstance(block, dict) or block.get("type") not in KNOWN_BLOCKS:
        return "unsupported block"
    if block["type"] == "markdown" and not 0 < len(block.get("text") or "") <= MARKDOWN:
        return "markdown text must have 1 to 12000 characters"
    if block["type"] == "section" and not (block.get("text") or block.get("fields")):
        return "a section needs text or fields"
    try:
        parsed = Block.parse(block)
        read = parsed.to_dict() if parsed else None
    except (SlackObjectFormationError, ValueError, TypeError, KeyError, AttributeError) as error:
        return str(error)
    if read is None:
        return "unreadable block"
    unknown = set(block) - set(read) - {"block_id"}
    return f"unknown field {min(unknown)}" if unknown else _empty_text(block)


def _empty_text(node: Any) -> str | None:
    if isinstance(node, dict):
        if node.get("type") in {"plain_text", "mrkdwn"} and not node.get("text"):
            return "empty text"
        return next(filter(None, map(_empty_text, node.values())), None)
    if isinstance(node, list):
        return next(filter(None, map(_empty_text, node)), None)
    return None


def _check_ids(blocks: list[dict[str, Any]]) -> None:
    ids = [block["block_id"] for block in blocks]
    if len(set(ids)) != len(ids):
        raise Refusal("invalid_blocks", errors=["duplicate block_id"])
    for block in blocks:
        actions = [e.get("action_id") for e in block.get("elements") or [] if isinstance(e, dict)]
        named = [action for action in actions if action]
        if len(set(named)) != len(named):
            raise Refusal("invalid_blocks", errors=["duplicate action_id"])


def _strings(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [
            text
            for key, child in node.items()
            for text in ([child] if key == "text" and isinstance(child, str) else _strings(child))
        ]
    if isinstance(node, list):
        return [text for child in node for text in _strings(child)]
    return []


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
