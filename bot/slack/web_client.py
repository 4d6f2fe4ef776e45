"""The SDK's client of the Web API, as the bot wants it."""

from __future__ import annotations

from typing import Any, Final
from urllib.request import getproxies

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain import lease
from bot.domain.pieces import Pieces

#: Seconds a call may take: https://docs.slack.dev/tools/python-slack-sdk/web waits 30, an edit
#: that late is of no use any more.
TIMEOUT: Final = 10


class _InPieces(AsyncWebClient):
    """Sends the bytes of a file in pieces: the SDK sends them at once, and aiohttp warns of it."""

    async def _upload_file(self, *, data: bytes, **more: Any) -> Any:
        body: Any = Pieces(data)
        return await super()._upload_file(data=body, **more)


def http_session(base_url: str, *more: aiohttp.TraceConfig) -> aiohttp.ClientSession:
    """Open the connections of a replica, over which those to the Web API at that address look at the lease once more.

    Between the first look and the connection a process can be paused for longer than its lease; waking up
    it would put an old card over a newer one. The request that is not sent raises `LeaseLost`.
    """

    async def look(
        session: aiohttp.ClientSession, context: Any, params: aiohttp.TraceRequestHeadersSentParams
    ) -> None:
        if str(params.url).startswith(base_url):
            lease.check()

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(look)  # despite its name called before they are written
    return aiohttp.ClientSession(trust_env=names_a_proxy(), trace_configs=[trace, *more])


def names_a_proxy() -> bool:
    """Whether the environment names a proxy. aiohttp looks there for each request, in two threads, one after the other."""
    return not getproxies().keys().isdisjoint({"http", "https", "ws", "wss"})


def web_client(
    token: str, *, base_url: str, session: aiohttp.ClientSession, timeout: int = TIMEOUT
) -> AsyncWebClient:
    """Build the client for `Slack`, without the SDK's retries.

    Those would post a message again after a dropped connection, and a second copy with it.
    """
    return _InPieces(token, base_url=base_url, session=session, timeout=timeout, retry_handlers=[])
