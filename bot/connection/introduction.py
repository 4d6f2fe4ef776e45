"""The first words with Slack: who the bot is, and whether it may open a socket."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.errors import CannotStart, SlackBusy, SlackUnauthorized, SlackUnavailable
from bot.slack.api_errors import code_of, failure_of

log = logging.getLogger(__name__)


async def introduce(client: AsyncWebClient, app_token: str) -> AsyncSlackResponse:
    """Ask Slack who the bot is, and whether it may open a socket.

    The SDK's own `connect` would ask for ever, without a word, with a token that is refused. A Slack
    that is busy is waited for as it asks; raises `CannotStart` for everything else that is wrong.
    """
    me = await _asked("SLACK_BOT_TOKEN", lambda: client.auth_test())
    await _asked("SLACK_APP_TOKEN", lambda: client.apps_connections_open(app_token=app_token))
    return me


async def _asked(setting: str, call: Callable[[], Awaitable[AsyncSlackResponse]]) -> AsyncSlackResponse:
    while True:
        try:
            return await call()
        except SlackApiError as error:
            failure = failure_of(setting, error)
            if not isinstance(failure, SlackBusy):
                raise _refused(setting, failure, code_of(error)) from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise CannotStart("Slack could not be reached at SLACK_API_BASE_URL.") from None
        log.warning("slack is busy, waiting to start", extra={"seconds": failure.retry_after})
        await asyncio.sleep(failure.retry_after)


def _refused(setting: str, failure: Exception, code: str) -> CannotStart:
    if isinstance(failure, SlackUnavailable) and not isinstance(failure, SlackUnauthorized):
        return CannotStart("Slack does not answer as it should at SLACK_API_BASE_URL.")
    return CannotStart(f"Slack refused {setting} ({code}).")
