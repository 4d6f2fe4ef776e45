"""A Socket Mode handler that reconnects at a steady pace and knows when it last heard something.

The SDK's client asks for a new socket at once whenever it loses one. Where Slack closes each one
again (`too_many_websockets`), that is a storm of requests with no pause in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

import aiohttp
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import SlackBusy, SlackUnauthorized
from bot.slack.api_errors import failure_of
from bot.slack.payloads import STRANGE, misfit
from bot.slack.token_access import Token
from bot.telemetry.metrics import Metrics

#: Seconds between pings on the socket; four without an answer and the SDK connects anew.
PING_INTERVAL: Final = 10
#: The longest pause between two attempts, in seconds; about the one of `apps.connections.open`
#: (tier 1, https://docs.slack.dev/apis/web-api/rate-limits).
LONGEST_PAUSE: Final = 30.0
#: After so many seconds without a new attempt the next one counts as the first again.
CALM: Final = 120.0

#: What only an event or a click has, not hello: a new connection says nothing of what the old one missed.
ENVELOPE: Final = '"envelope_id"'
OPEN: Final = "apps.connections.open"

log = logging.getLogger(__name__)

Clock = Callable[[], float]


class Pace:
    """When one socket may be opened anew: at once, then after 1 s, 2 s, 4 s … while it keeps failing."""

    def __init__(self, clock: Clock, chance: Callable[[], float]) -> None:
        self._clock = clock
        self._chance = chance
        self._tries = 0
        #: When the latest attempt was, or will be, made.
        self.latest = float("-inf")

    def pause(self) -> float:
        """Take the next turn; returns how long to wait for it, in seconds."""
        now = self._clock()
        if now - self.latest > CALM:
            self._tries = 0
        # Half of it is left to chance, so that replicas which lost Slack together come back apart.
        longest = 0.0 if self._tries == 0 else min(LONGEST_PAUSE, 2.0 ** (self._tries - 1))
        pause = longest * (1 + self._chance()) / 2
        self._tries += 1
        self.latest = now + pause
        return pause


class SteadyClient(SocketModeClient):
    """The SDK's client; each new socket waits for its turn. `token` is told whether Slack takes it."""

    def __init__(
        self,
        app_token: str,
        web_client: AsyncWebClient,
        pace: Pace,
        clock: Clock,
        token: Token,
        metrics: Metrics | None = None,
    ) -> None:
        super().__init__(app_token, web_client=web_client, ping_interval=PING_INTERVAL)
        self._pace = pace
        self._token = token
        self._metrics = metrics or Metrics()
        #: The envelopes that are being handled, with their kind and when that began.
        self._open: dict[str, tuple[str, float]] = {}
        self._now = clock
        #: When Slack last said anything, be it hello; pongs do not count.
        self.heard_at = clock()
        #: Up to when nothing was missed, for sure: an event came, or there was no socket yet to miss any.
        self.proven_at = clock()

    async def issue_new_wss_url(self) -> str:
        """Ask for the address of a new socket, in its turn; a busy Slack is given the time it asks for.

        The SDK would write an error into the log for each try with a token that Slack does not take.
        """
        while True:
            await asyncio.sleep(self._pace.pause())
            try:
                answer: Any = await self.web_client.apps_connections_open(app_token=self.app_token)
            except SlackApiError as error:
                failure = failure_of(OPEN, error)
                self._metrics.slack_call(OPEN, failure)
                if isinstance(failure, SlackUnauthorized):
                    self._token.turned_away(failure.code)
                elif isinstance(failure, SlackBusy):
                    await asyncio.sleep(failure.retry_after)
                else:
                    raise
            else:
                self._metrics.slack_call(OPEN)
                self._token.let_in()
                return str(answer["url"])

    async def enqueue_message(self, message: str) -> None:
        """Take one frame."""
        self.heard_at = self._now()
        if ENVELOPE in message:
            self.proven_at = self.heard_at
        await super().enqueue_message(message)

    @contextmanager
    def handling(self, req: SocketModeRequest) -> Generator[None]:
        """Measure how long the ack of an envelope takes, and note where there was none at the end."""
        self._open[req.envelope_id] = (req.type, self._now())
        try:
            yield
        finally:
            if self._open.pop(req.envelope_id, None):
                self._metrics.unacked(req.type)

    async def send_socket_mode_response(self, response: dict[str, Any] | SocketModeResponse) -> None:
        """Send an ack."""
        await super().send_socket_mode_response(response)
        answered = response.envelope_id if isinstance(response, SocketModeResponse) else ""
        if handled := self._open.pop(answered, None):
            kind, began = handled
            self._metrics.acked(kind, self._now() - began)


class SteadyHandler(AsyncSocketModeHandler):
    """Bolt's handler with a steady client; it serves one socket."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        pace: Pace,
        clock: Clock,
        token: Token,
        metrics: Metrics | None = None,
    ) -> None:
        self.app = app
        self.app_token = app_token
        self.client = self.steady = SteadyClient(app_token, app.client, pace, clock, token, metrics)
        self.client.socket_mode_request_listeners.append(self.handle)

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        """Hand one envelope to the app, and answer on the socket.

        One that makes no sense goes no further. An event is acked then: it would only come again.
        Anything else is not, so that Slack tells the person who clicked.
        """
        del client  # always this one's own
        with self.steady.handling(req):
            await self._handled(req)

    async def _handled(self, req: SocketModeRequest) -> None:
        where = misfit(req.type, req.payload)
        if not where:
            try:
                await super().handle(self.steady, req)
            except STRANGE as error:  # by Bolt; what a listener raises stays inside Bolt
                where = type(error).__name__
        if where:
            log.warning("payload not understood", extra={"envelope": req.type, "where": where})
            if req.type == "events_api":
                await self.steady.send_socket_mode_response(SocketModeResponse(req.envelope_id))

    async def close(self) -> None:
        """Close the socket, whatever state it is in."""
        try:
            await self.close_async()
        except (aiohttp.ClientError, OSError, TimeoutError):
            self.client.closed = True  # its tasks look at this and end
