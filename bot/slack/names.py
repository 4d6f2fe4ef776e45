"""What the people, channels and groups are called that a message names by id."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bot.domain.errors import SlackRejected, SlackUnavailable
from bot.slack.client import Slack
from bot.slack.shown_name import shown_name

#: Seconds for which Slack is not asked again about the same id.
FRESH: Final = 600.0
#: Seconds that an answer waits for all names of a message together.
PATIENCE: Final = 2.0
#: Ids of one message that are looked up; the others stay ids.
MOST: Final = 12
#: So many names are remembered; then all are forgotten.
REMEMBERED: Final = 10_000


class Names:
    """Looks names up; never fails, and never makes anybody wait for long: what it does not learn stays an id."""

    def __init__(self, slack: Slack, clock: Callable[[], float]) -> None:
        self._slack = slack
        self._clock = clock
        self._known: dict[str, tuple[float, str]] = {}

    async def of(self, ids: Iterable[str], *, place: str, most: int = MOST) -> dict[str, str]:
        """The names of those of the ids that have one; so many at most are looked up.

        A private channel is named only in itself (`place`): its name is not for people of others.
        """
        wanted = [*dict.fromkeys(ids)][:most]
        try:
            async with asyncio.timeout(PATIENCE):
                for one in wanted:
                    await self._learn(one, place)
        except (SlackUnavailable, TimeoutError):
            pass  # Slack is busy: asking on would keep it so
        return {one: name for one in wanted if (name := self._fresh(_key(one, place)))}

    async def _learn(self, one: str, place: str) -> None:
        key = _key(one, place)
        if self._fresh(key) is not None:
            return
        found = {key: ""}
        with contextlib.suppress(SlackRejected):  # there is no such thing, or it is not for the bot to see
            found |= await self._asked(one, place)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known |= {name: (self._clock(), shown_name(called)) for name, called in found.items()}

    async def _asked(self, one: str, place: str) -> Mapping[str, str]:
        match one[0]:
            case "S":
                return await self._slack.directory.groups()
            case "C" | "G":
                channel = await self._slack.directory.channel(one)
                is_open = one == place or not channel.get("is_private", True)
                return {_key(one, place): str(channel.get("name") or "")} if is_open else {}
            case _:
                return {one: (await self._slack.person(one, tries=1)).name}

    def _fresh(self, key: str) -> str | None:
        known = self._known.get(key)
        return known[1] if known and self._clock() - known[0] < FRESH else None


def _key(one: str, place: str) -> str:
    """What is known of a channel in itself is not known of it elsewhere."""
    return f"{one}:itself" if one == place else one


def put_in(text: str, names: Mapping[str, str]) -> str:
    """Write names in the place of ids (`@U…`, `#C…`)."""
    if not names:
        return text
    ids = "|".join(re.escape(one) for one in names)
    return re.sub(rf"(?<=[@#])({ids})(?![A-Za-z0-9])", lambda found: names[found[1]], text)
