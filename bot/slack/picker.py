"""The list of threads behind /reset."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack import actions, limits
from bot.slack.blocks import Block, link, mrkdwn, plain, section
from bot.slack.cards import Card
from bot.slack.visible import visible


def reset_picker(threads: Sequence[tuple[str, str, str]]) -> Card:
    """List threads, each a (value, title, permalink), with a Reset button each.

    A click comes back with the value. Lists at most as many as a message holds blocks.
    """
    blocks: list[Block] = [section(plain("Which thread should I forget?"))]
    blocks += [row(*thread) for thread in threads[: limits.BLOCKS - 1]]
    return Card("Which thread should I forget?", blocks)


def row(value: str, title: str, permalink: str) -> Block:
    """One thread, with its Reset button."""
    name = plain(visible(" ".join(title.split()), keep="")[:100] or "Untitled thread")
    button = actions.button(actions.RESET, "Reset", value)
    return {"type": "section", "fields": [name, mrkdwn(link(permalink, "Open"))], "accessory": button}
