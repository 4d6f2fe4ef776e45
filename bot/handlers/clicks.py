"""What the block_actions payloads have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.intake import Click


def click_of(body: dict[str, Any]) -> Click:
    """Read who clicked, where and when; Slack attests the user, everything else is only a place.

    A message that starts its thread has no `thread_ts` of its own.
    """
    message: dict[str, Any] = body.get("message") or {}
    container: dict[str, Any] = body.get("container") or {}
    place: dict[str, Any] = body.get("channel") or {}
    channel = place.get("id") or container.get("channel_id") or ""
    return Click(
        user=body["user"]["id"],
        channel=channel,
        thread_ts=message.get("thread_ts") or container.get("thread_ts") or message.get("ts") or "",
        action_ts=body["actions"][0]["action_ts"],
    )


def moment(slack_ts: str) -> datetime:
    """Turn a Slack timestamp ("1795414302.000001", seconds since 1970) into a time."""
    return datetime.fromtimestamp(float(slack_ts), UTC)
