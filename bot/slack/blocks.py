"""The pieces of Block Kit that cards, forms and Home are made of. Pure.

Words of models, tools and people stand in `plain` or `preformatted` only, which Slack never
reads for mentions, links or formatting.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.slack.deceptive_characters import visible
from bot.slack.graphemes import head
from bot.slack.markdown import escape

Block = dict[str, Any]


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text)}


def section(text: Block, **more: Any) -> Block:
    return {"type": "section", "text": text, **more}


def fields(*lines: Block) -> Block:
    return {"type": "section", "fields": list(lines)}


def context(*lines: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(line) for line in lines]}


def buttons(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def divider() -> Block:
    return {"type": "divider"}


def preformatted(*texts: str) -> Block:
    """Texts as they are, each in an element of its own."""
    elements = [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": t}]} for t in texts]
    return {"type": "rich_text", "elements": elements}


def rich(*elements: Block) -> Block:
    """Rich text made of elements."""
    return {"type": "rich_text", "elements": [*elements]}


def quote(text: str) -> Block:
    """A text as somebody wrote it, set off as a quotation."""
    return rich({"type": "rich_text_quote", "elements": [{"type": "text", "text": text}]})


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def mrkdwn(text: str) -> Block:
    """The bot's own words, in Slack's markup."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def person(user: str) -> str:
    """Mention a person by id; anything that is no id is shown as it is."""
    is_id = user.isascii() and user.isalnum() and user[:1] in {"U", "W"}
    return f"<@{user}>" if is_id else escape(visible(user, keep=""))


def when(moment: datetime) -> str:
    """Write a time that each reader sees in their own zone.

    https://docs.slack.dev/messaging/formatting-message-text#date-formatting
    """
    fallback = f"{moment:%Y-%m-%d %H:%M %Z}".strip()
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} at {{time}}|{fallback}>"


def link(url: str, label: str) -> str:
    """A link of the bot's own; `label` is the bot's, too."""
    return f"<{escape(url).replace('|', '%7C')}|{label}>"


def short(text: str, limit: int) -> str:
    """Cut a text to so many characters, with a sign that it was cut."""
    return text if len(text) <= limit else f"{head(text, limit - 1)}…"
