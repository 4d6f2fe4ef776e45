"""The SDK's client of the Web API, as the bot wants it."""

from __future__ import annotations

from typing import Any, Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.pieces import Pieces

#: Seconds a call may take: https://docs.slack.dev/tools/python-slack-sdk/web waits 30, an edit
#: that late is of no use any more.
TIMEOUT: Final = 10


class _InPieces(AsyncWebClient):
    """Sends the bytes of a file in pieces: the SDK sends them at once, and aiohttp warns of it."""

    async def _upload_file(self, *, data: bytes, **more: Any) -> Any:
        body: Any = Pieces(data)
        return await super()._upload_file(data=body, **more)


def web_client(
    token: str, *, base_url: str, session: aiohttp.ClientSession, timeout: int = TIMEOUT
) -> AsyncWebClient:
    """Build the client for `Slack`, without the SDK's retries.

    Those would post a message again after a dropped connection, and a second copy with it.
    """
    return _InPieces(token, base_url=base_url, session=session, timeout=timeout, retry_handlers=[])
