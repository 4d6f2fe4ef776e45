"""The card of an approval that is not known any more: what it showed stays, what can be clicked goes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.domain import sentences
from bot.slack import limits
from bot.slack.blocks import Block, header, mrkdwn, plain, section, short
from bot.slack.card_words import APPROVED
from bot.slack.cards import ENDINGS, Card
from bot.slack.deceptive_characters import visible
from bot.slack.markdown import escape

#: Buttons, and the line that says until when to decide.
_GONE: Final = frozenset({"actions", "context", "header"})


def lost_card(blocks: Sequence[Mapping[str, Any]], result: str | None) -> Card:
    """Draw it anew from its own blocks; `result` is what became of the call.

    That is the tool's answer where it was made, empty where it was not, None where nobody can tell.
    """
    what = next((_text(block) for block in blocks if block.get("type") == "header"), "")
    state = "Approved" if result else "Withdrawn"
    headline = f"{state}: {what.partition(': ')[2].removesuffix('?')}"
    told = sentences.LOST_NOT_DONE if result == "" else sentences.LOST_UNKNOWN
    said = [section(mrkdwn(f"*Withdrawn*: {sentences.LOST_CARD} {told}"))]
    if result:
        said = [section(mrkdwn(f"*Done*: {sentences.LOST_CARD} {sentences.LOST_DONE}"))]
        said.append(section(plain(f"Result: {short(visible(result).strip(), limits.NOTE)}")))
    kept: list[Block] = [dict(block) for block in blocks if block.get("type") not in _GONE]
    return Card(escape(headline), [header(short(headline, limits.HEADER)), *kept, *said])


def says_only_approved(blocks: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a card says that its call was approved, and not what became of it."""
    texts = [_text(block) for block in blocks]
    ends = any(text.startswith(ENDINGS) for text in texts)
    return any(text.startswith(APPROVED) for text in texts[:1]) and not ends


def _text(block: Mapping[str, Any]) -> str:
    match block.get("text"):
        case {"text": str(text)} | str(text):
            return text
        case _:
            return ""
