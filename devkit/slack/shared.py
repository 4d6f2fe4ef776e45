"""What people put below a message of theirs, in the shapes of Slack's own clients: forwarded messages, tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from devkit.slack.workspace import TEAM, Message, Person


def forwarded(message: Message, author: Person, link: str) -> dict[str, Any]:
    """A message that was forwarded ("Share message"); its files stay with the original.

    https://docs.slack.dev/reference/events/message (attachments) and
    https://docs.slack.dev/messaging/sharing-messages
    """
    return {
        "ts": message.ts,
        "author_id": author.id,
        "author_name": author.real_name,
        "author_link": f"https://acme.slack.com/team/{author.id}",
        "author_subname": author.real_name,
        "channel_id": message.channel,
        "channel_team": TEAM,
        "is_msg_unfurl": True,
        "is_share": True,
        "from_url": link,
        "text": message.text,
        "fallback": f"[{author.real_name}] {message.text}",
        "footer": "Posted in a channel",
        "mrkdwn_in": ["text"],
        "id": 1,
    }


def table(rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """A table that was pasted: https://docs.slack.dev/reference/block-kit/blocks/table-block."""
    cells = [[{"type": "raw_text", "text": cell} for cell in row] for row in rows]
    return {"id": 1, "fallback": "[no preview available]", "blocks": [{"type": "table", "rows": cells}]}
