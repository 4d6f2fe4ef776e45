"""What `/usage` answers, and Home's section for operators. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.usage import Usage
from bot.domain.usage_words import in_words
from bot.slack.blocks import Block, context, link, mrkdwn, plain, section
from bot.slack.cards import Card
from bot.slack.deceptive_characters import visible
from bot.slack.markdown import escape

NOT_YOURS: Final = "That link is not to a thread you and I wrote in."
#: What the figures are.
_NOTE: Final = (
    "A day is one of UTC. Dollars are estimates, by the models' list prices or those that are set here."
)


@dataclass(frozen=True, slots=True)
class UsedThread:
    """A thread of the person's, with its link and what was used in it."""

    title: str
    permalink: str
    usage: Usage


def usage_card(today: Usage, threads: Sequence[UsedThread]) -> Card:
    """Say what a person used today, and what was used in threads of theirs."""
    own = f"You, today: {in_words(today)}."
    blocks: list[Block] = [section(plain(own))]
    for thread in threads:
        title = visible(" ".join(thread.title.split()), keep="")[:100] or "Untitled thread"
        blocks.append(section(mrkdwn(f"{escape(title)} · {link(thread.permalink, 'Open')}")))
        blocks.append(context(f"All in all {escape(in_words(thread.usage))}."))
    return Card(escape(own), [*blocks, context(_NOTE)])


def of_everybody(days: Mapping[str, Usage]) -> list[Block]:
    """One line for each span of days."""
    return [
        *(section(plain(f"{name}: {in_words(usage)}.")) for name, usage in days.items()),
        context(f"{_NOTE} `countersign usage` has more."),
    ]
