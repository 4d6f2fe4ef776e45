"""How a call of the Web API is made: in its turn, under a lease that holds, its failures under two names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.domain import lease
from bot.domain.errors import SlackBusy, SlackRejected, SlackUnauthorized, SlackUnavailable
from bot.slack.api_errors import failure_of
from bot.slack.limiter import Limiter
from bot.slack.token_access import Access
from bot.telemetry import tracing
from bot.telemetry.metrics import Metrics
from bot.telemetry.tracing import SpanKind

#: How often a call that changes nothing by being repeated is made in all.
TRIES: Final = 3


class Calls:
    """Every method that calls raises `SlackRejected` for good, `SlackUnavailable` for now, `LeaseLost`.

    `access` is told where Slack does not take the token, `metrics` of every call.
    """

    def __init__(
        self, limiter: Limiter, access: Access | None = None, metrics: Metrics | None = None
    ) -> None:
        self._limiter = limiter
        self._access = access
        self._metrics = metrics or Metrics()

    async def turn(self, method: str, person: str | None, channel: str = "", message: str = "") -> None:
        """Wait until a call may be made: in line with other replies, or ahead of all."""
        if person is None:
            await self._limiter.urgent(method, channel, message)
        else:
            await self._limiter.reply(method, channel, person, message)

    async def urgent(
        self,
        method: str,
        call: Callable[[], Awaitable[Any]],
        *,
        tries: int = TRIES,
        reply_to: str | None = None,
        message: str = "",
    ) -> Any:
        """Make a call as soon as Slack allows, and again where it fails for a moment only; `message` is what it edits."""
        while True:
            await self.turn(method, reply_to, message=message)
            try:
                return await self.once(method, call)
            except SlackUnauthorized:
                raise  # that takes longer than any call waits
            except SlackUnavailable as error:
                tries -= 1
                if tries <= 0 or error.retry_after > self._limiter.patience:
                    raise

    async def once(self, method: str, call: Callable[[], Awaitable[Any]], channel: str = "") -> Any:
        """Make a call that has had its turn, once."""
        lease.check()
        try:
            with tracing.span(f"slack {method}", SpanKind.CLIENT, {"slack.method": method}):
                answer = await call()
        except SlackApiError as error:
            failure = failure_of(method, error)
        except (TimeoutError, aiohttp.ClientError, OSError):
            failure = SlackUnavailable(method)
        except SlackClientError as error:
            failure = SlackRejected(method, type(error).__name__)
        else:
            self._metrics.slack_call(method)
            return answer
        self._metrics.slack_call(method, failure)
        await self._heed(method, failure, channel)
        raise failure

    async def _heed(self, method: str, failure: SlackRejected | SlackUnavailable, channel: str) -> None:
        """Hold back what would fail alike."""
        if isinstance(failure, SlackUnauthorized):
            if self._access is not None:
                self._access.turned_away(failure.code)
        elif isinstance(failure, SlackBusy):
            await self._limiter.refused(method, failure.retry_after, channel)
        elif isinstance(failure, SlackUnavailable):
            self._limiter.pause(method, failure.retry_after, channel)
