"""What stands around a message in its thread, as Slack's history shows it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: How many of those who had written before are named.
MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Around:
    """Who had written in the thread `before` a message, and whether it comes `late`: others have written since.

    `answered`: Slack shows its answer, whatever the bot knows of it.
    """

    before: tuple[str, ...] = ()
    late: bool = False
    answered: bool = False


UNKNOWN: Final = Around()


def around(messages: Sequence[tuple[str, str]], ts: str) -> Around:
    """Read it off the messages of a thread, each a (ts, person), in any order; those of bots are of nobody (an empty name)."""
    at = float(ts)
    author = next((user for when, user in messages if when == ts), "")
    before = sorted((float(when), user) for when, user in messages if user and float(when) < at)
    since = {user for when, user in messages if float(when) > at}
    return Around(tuple(dict.fromkeys(user for _, user in before))[-MOST:], bool(since - {author}))
