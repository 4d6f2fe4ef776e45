"""The pace of calls to Slack: replies wait in line, live edits behind them, cards overtake both."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Final

from bot.domain.errors import SlackBusy
from bot.domain.slack_pace import Rank, SharedPace, Turn
from bot.slack import limits
from bot.slack.rate_limits import SOON, Rate

#: The methods whose calls are counted: all edits together, and the posts of each channel.
EDIT: Final = "chat.update"
POST: Final = "chat.postMessage"
#: The longest an urgent call waits for Slack in place, in seconds; beyond, the event is tried later.
PATIENCE: Final = 5.0


class Limiter:
    """One per replica. `clock` counts seconds and only moves forward; `sleep` waits by it.

    `interval` is the least number of seconds between two edits of one message; `edits` are those of
    a minute, `posts` a minute's in one channel. Whose turn it is among a replica's own calls is decided
    here; `shared` is then asked by each call whether it is the replica's turn among all replicas. Where it
    does not answer, the replica goes on alone.
    """

    def __init__(  # noqa: PLR0913 - how time passes, what is allowed, and with whom it is shared
        self,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        interval: float = 1.0,
        edits: int = limits.EDITS_PER_MINUTE,
        posts: int = limits.POSTS_PER_MINUTE,
        patience: float = PATIENCE,
        shared: SharedPace | None = None,
    ) -> None:
        self.clock = clock
        #: The longest an urgent call waits for Slack in place, in seconds.
        self.patience = patience
        self.interval = interval
        self._sleep = sleep
        self._shared = shared
        self._per_minute = {**limits.PER_MINUTE, EDIT: edits, POST: posts}
        self._rates: dict[tuple[str, str], Rate] = {}
        self._paused: dict[tuple[str, str], float] = {}
        self._lines: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._urgent = 0
        self._calm = asyncio.Event()
        self._calm.set()

    async def live(self, method: str = EDIT, *, message: str = "", not_before: float = 0.0) -> None:
        """Wait until a live edit may be made; first come, first served.

        That is when `not_before` (by the clock) has come, Slack has not asked for a pause, the
        shared rate allows it and nothing urgent waits.
        """
        await self.until(not_before)
        turn = self._turn(method, "", Rank.LIVE, message)
        async with self._lines[method]:
            while not await self._lets_pass(turn):
                pass
            self._rate_of(method, "").spend()

    async def reply(self, method: str, channel: str, person: str, message: str = "") -> None:
        """Wait until a reply to a person may be posted or edited, ahead of every live edit.

        Raises `SlackBusy` where Slack asked for a pause that is longer than `patience`.
        """
        turn = self._turn(method, channel, Rank.REPLY, message)

        with self._overtaking():
            await self._pass(method, channel)
            await self._rate_of(method, channel).take(person, lambda: self._ask(turn))
            await self._pass(method, channel)

    async def urgent(self, method: str, channel: str = "", message: str = "") -> None:
        """Wait out a pause, ahead of everything else. `channel` is that of a post.

        Raises `SlackBusy` at once when the pause is longer than `patience`.
        """
        turn = self._turn(method, channel, Rank.CARD, message)
        with self._overtaking():
            await self._pass(method, channel)
            if turn.per_minute:
                self._rate_of(method, channel).spend()
            while (wait := await self._ask(turn)) > 0:
                await self._sleep(wait)

    async def has_room(self, method: str, channel: str) -> bool:
        """Whether a call that can wait would be made at once."""
        if self._pause_of(method, channel) > SOON or not self._rate_of(method, channel).has_room:
            return False
        turn = self._turn(method, channel, Rank.REPLY, "")
        told = await self._shared.ask(turn, take=False) if self._shared else None
        return told is None or told.wait <= 0

    async def until(self, moment: float) -> None:
        """Wait for a moment of the clock."""
        while (wait := moment - self.clock()) > SOON:
            await self._sleep(wait)

    def pause(self, method: str, seconds: float, channel: str = "") -> None:
        """Hold all calls of a method back here: of posts, those in the channel."""
        now = self.clock()
        self._paused = {what: until for what, until in self._paused.items() if until > now}
        what = _counted(method, channel)
        self._paused[what] = max(self._paused.get(what, 0.0), now + seconds)

    async def refused(self, method: str, seconds: float, channel: str = "") -> None:
        """Hold them back in all replicas, as Slack asked with `Retry-After`."""
        self.pause(method, seconds, channel)
        if self._shared is not None:
            await self._shared.pause(*_counted(method, channel), seconds)

    async def _pass(self, method: str, channel: str) -> None:
        """Wait out a pause."""
        while (pause := self._pause_of(method, channel)) > SOON:
            if pause > self.patience:
                raise SlackBusy(method, pause)
            await self._sleep(pause)

    def _pause_of(self, method: str, channel: str = "") -> float:
        return self._paused.get(_counted(method, channel), 0.0) - self.clock()

    def _turn(self, method: str, channel: str, rank: Rank, message: str) -> Turn:
        counted = _counted(method, channel)
        return Turn(*counted, rank, self._per_minute.get(method, 0), message, self.interval if message else 0)

    async def _ask(self, turn: Turn) -> float:
        """Take a turn among all replicas, or say how many seconds to wait first."""
        if self._shared is None:
            return 0.0
        told = await self._shared.ask(turn)
        if told is None:
            return 0.0
        if told.pause > 0:  # another replica was refused
            self.pause(turn.method, told.pause, turn.channel)
            if turn.rank is not Rank.LIVE and told.pause > self.patience:
                raise SlackBusy(turn.method, told.pause)
        return told.wait

    async def _lets_pass(self, turn: Turn) -> bool:
        """Wait for what is in the way of a live edit now; True where nothing was."""
        if not self._calm.is_set():
            await self._calm.wait()
            return False
        wait = max(self._pause_of(turn.method), self._rate_of(turn.method, "").short())
        if wait <= SOON:
            wait = await self._ask(turn)
        if wait > 0:
            await self._sleep(wait)
        return wait <= 0

    def _rate_of(self, method: str, channel: str) -> Rate:
        """That of all calls of a method, or of a channel's posts."""
        counted = _counted(method, channel)
        if counted not in self._rates:
            self._rates = {what: rate for what, rate in self._rates.items() if not rate.is_idle}
            self._rates[counted] = Rate(self._per_minute[method], self.clock, self._sleep)
        return self._rates[counted]

    @contextmanager
    def _overtaking(self) -> Generator[None]:
        self._urgent += 1
        self._calm.clear()
        try:
            yield
        finally:
            self._urgent -= 1
            if not self._urgent:
                self._calm.set()


def _counted(method: str, channel: str) -> tuple[str, str]:
    """What Slack counts a call with: a post with those in its channel, any other with those of its method."""
    return method, channel if method == POST else ""
