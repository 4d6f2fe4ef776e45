"""What a failed call of the Web API means: refused for good, to be tried later, or a token that is not taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from slack_sdk.errors import SlackApiError

from bot.domain.errors import SlackBusy, SlackRejected, SlackUnauthorized, SlackUnavailable

_BUSY: Final = frozenset({"ratelimited", "rate_limited"})
#: Seconds of `Retry-After` that are believed: no limit of Slack's counts calls for longer than a minute, and a number
#: without end would hold all replicas back for ever.
LONGEST_PAUSE: Final = 3_600.0
_BROKEN: Final = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})


def failure_of(method: str, error: SlackApiError) -> SlackRejected | SlackUnavailable:
    """Tell a refusal from a failure that passes."""
    response: Any = error.response
    code = code_of(error)
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    if status == 429 or code in _BUSY:
        return SlackBusy(method, _retry_after(getattr(response, "headers", None) or {}))
    if code in SlackUnauthorized.CODES:
        return SlackUnauthorized(method, code)
    if status >= 500 or code in _BROKEN or not code:
        return SlackUnavailable(method)
    return SlackRejected(method, code)


def code_of(error: SlackApiError) -> str:
    """Slack's own word for what is wrong; empty where its answer holds none."""
    response: Any = error.response
    data: Any = getattr(response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def _retry_after(headers: Mapping[str, str]) -> float:
    named = {key.lower(): value for key, value in headers.items()}
    try:
        return max(1.0, min(float(named.get("retry-after", "1")), LONGEST_PAUSE))  # 1.0 for NaN
    except ValueError:
        return 1.0
