"""The pace of calls to Slack: replies wait in line, live edits behind them, cards overtake both."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Final

from bot.errors import SlackBusy
from bot.slack import limits
from bot.slack.rate import SOON, Rate

#: The methods whose calls are counted: all edits together, and the posts of each channel.
EDIT: Final = "chat.update"
POST: Final = "chat.postMessage"
#: The longest an urgent call waits for Slack in place, in seconds; beyond, the event is tried later.
PATIENCE: Final = 5.0


class Limiter:
    """One per workspace. `clock` counts seconds and only moves forward; `sleep` waits by it.

    `interval` is the least number of seconds between two edits of one message; `edits` are those of
    a minute, `posts` a minute's in one channel.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        interval: float = 1.0,
        edits: int = limits.EDITS_PER_MINUTE,
        posts: int = limits.POSTS_PER_MINUTE,
        patience: float = PATIENCE,
    ) -> None:
        self.clock = clock
        #: The longest an urgent call waits for Slack in place, in seconds.
        self.patience = patience
        self.interval = interval
        self._sleep = sleep
        self._edits = Rate(edits, clock, sleep)
        self._posts_per_minute = posts
        self._posts: dict[str, Rate] = {}
        self._paused: dict[tuple[str, str], float] = {}
        self._line = asyncio.Lock()
        self._urgent = 0
        self._calm = asyncio.Event()
        self._calm.set()

    async def live(self, *, not_before: float = 0.0) -> None:
        """Wait until a live edit may be made; first come, first served.

        That is when `not_before` (by the clock) has come, Slack has not asked for a pause, the
        shared rate allows it and nothing urgent waits.
        """
        await self.until(not_before)
        async with self._line:
            while (wait := self._wait()) > SOON or not self._calm.is_set():
                await self._calm.wait()
                if wait > SOON:
                    await self._sleep(wait)
            self._edits.spend()

    async def reply(self, method: str, channel: str, person: str) -> None:
        """Wait until a reply to a person may be posted or edited, ahead of every live edit.

        Raises `SlackBusy` where Slack asked for a pause that is longer than `patience`.
        """
        with self._overtaking():
            await self._pass(method, channel)
            await self._rate_of(method, channel).take(person)
            await self._pass(method, channel)

    async def urgent(self, method: str, channel: str = "") -> None:
        """Wait out a pause, ahead of everything else. `channel` is that of a post.

        Raises `SlackBusy` at once when the pause is longer than `patience`.
        """
        with self._overtaking():
            await self._pass(method, channel)
            if method in {EDIT, POST}:
                self._rate_of(method, channel).spend()

    async def until(self, moment: float) -> None:
        """Wait for a moment of the clock."""
        while (wait := moment - self.clock()) > SOON:
            await self._sleep(wait)

    def pause(self, method: str, seconds: float, channel: str = "") -> None:
        """Hold all calls of a method back, as Slack asked with `Retry-After`: of posts, those in the channel."""
        now = self.clock()
        self._paused = {what: until for what, until in self._paused.items() if until > now}
        what = _counted(method, channel)
        self._paused[what] = max(self._paused.get(what, 0.0), now + seconds)

    async def _pass(self, method: str, channel: str) -> None:
        """Wait out a pause."""
        while (pause := self._pause_of(method, channel)) > SOON:
            if pause > self.patience:
                raise SlackBusy(method, pause)
            await self._sleep(pause)

    def _pause_of(self, method: str, channel: str = "") -> float:
        return self._paused.get(_counted(method, channel), 0.0) - self.clock()

    def _rate_of(self, method: str, channel: str) -> Rate:
        """Those of all edits, or of a channel's posts."""
        if method == EDIT:
            return self._edits
        if channel not in self._posts:
            self._posts = {name: rate for name, rate in self._posts.items() if not rate.is_idle}
            self._posts[channel] = Rate(self._posts_per_minute, self.clock, self._sleep)
        return self._posts[channel]

    def _wait(self) -> float:
        return max(self._pause_of(EDIT), self._edits.short())

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
