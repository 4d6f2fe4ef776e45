"""Whether Slack takes the bot's tokens: said once when it does not, and asked until it does again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from bot.domain.duty import Duty, Why
from bot.domain.errors import SlackRejected, SlackUnavailable
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

#: Seconds between two questions whether a token is taken again.
AGAIN: Final = 5.0

log = logging.getLogger(__name__)


class Token:
    """One token, by the name of its setting, and what Slack says against it."""

    def __init__(self, name: str) -> None:
        #: Its setting.
        self.name = name
        #: Slack's code while it does not take the token; else empty.
        self.refused = ""

    @property
    def complaint(self) -> str:
        """What an operator reads while Slack does not take it."""
        return f"Slack refuses {self.name} ({self.refused})" if self.refused else ""

    def turned_away(self, code: str) -> None:
        """Note that Slack did not take it; the log hears of the first time."""
        if not self.refused:
            log.error("slack refuses a token, waiting", extra={"setting": self.name, "code": code})
        self.refused = code

    def let_in(self) -> None:
        """Note that Slack takes it."""
        if self.refused:
            log.warning("slack takes the token again", extra={"setting": self.name})
        self.refused = ""


class Access(Token):
    """The bot's token: nothing is begun while Slack does not take it."""

    def __init__(self, clock: Callable[[], float], duty: Duty) -> None:
        super().__init__("SLACK_BOT_TOKEN")
        #: Called with the seconds for which it was not taken, once it is again.
        self.restored: Callable[[float], None] = lambda seconds: None
        self._clock = clock
        self._duty = duty
        self._refused_at = clock()
        self._is_closed = asyncio.Event()

    def turned_away(self, code: str) -> None:
        """Note that Slack did not take the token: nothing is claimed until it does."""
        if not self.refused:
            self._refused_at = self._clock()
        super().turned_away(code)
        self._duty.keep_off(Why.TOKEN, self.complaint)
        self._is_closed.set()

    async def watch(self, ask: Callable[[], Awaitable[None]], metrics: Metrics) -> None:
        """Ask every few seconds while the token is refused, however long; never returns."""
        while True:
            await self._is_closed.wait()
            await asyncio.sleep(AGAIN)
            with outliving(Loop.TOKEN, metrics):
                try:
                    await ask()
                except (SlackRejected, SlackUnavailable):
                    continue
                self.let_in()
                self._is_closed.clear()
                self._duty.let_on(Why.TOKEN)
                self.restored(self._clock() - self._refused_at)
