"""Files from and to Slack: only from Slack's own host, only as much as was announced."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from bot.domain.attachment import Attachment
from bot.domain.errors import FileRefused, SlackRejected, SlackUnauthorized, SlackUnavailable
from bot.domain.thread import ThreadRef
from bot.domain.web_address import read_url
from bot.slack.client import Slack

log = logging.getLogger(__name__)

#: Seconds for one file.
TIMEOUT: Final = aiohttp.ClientTimeout(total=60)
HTML: Final = "text/html"
HTTPS: Final = 443
#: Seconds after each try of a download, and what may be over by then.
PAUSES: Final = (0.5, 1.0, 0.0)
PASSING: Final = frozenset({429, 500, 502, 503, 504})


class SlackFiles:
    """Downloads what people attach, uploads what agents make."""

    def __init__(self, slack: Slack, client: AsyncWebClient, http: aiohttp.ClientSession) -> None:
        self._slack = slack
        self._client = client
        self._http = http

    async def fetch(self, file: Attachment) -> bytes:
        """Download an attached file; raises `FileRefused` where it is not to be had, or is not it.

        The token goes to Slack's own hosts alone, so redirects are not followed. Without the scope
        Slack answers 200 with its login page: https://docs.slack.dev/messaging/working-with-files
        """
        url = self._of_slack(file.url)
        for pause in PAUSES:
            if (body := await self._try(url, file)) is not None:
                return body
            await asyncio.sleep(pause)
        raise FileRefused

    async def _try(self, url: URL, file: Attachment) -> bytes | None:
        """Download once; None where it may work a moment later."""
        try:
            async with self._http.get(
                url,
                headers={"Authorization": f"Bearer {self._client.token}", "Accept-Encoding": "identity"},
                auto_decompress=False,
                allow_redirects=False,
                timeout=TIMEOUT,
            ) as response:
                page = response.content_type == HTML and file.mimetype != HTML
                if response.status in PASSING:
                    return None
                if response.status != HTTPStatus.OK or page:
                    log.warning("file not given", extra={"file": file.id, "status": response.status})
                    await self._blame_token()
                    raise FileRefused
                body = await _at_most(response, file.size + 1)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("file not fetched", extra={"file": file.id, "error": type(error).__name__})
            return None
        if len(body) != file.size:
            raise FileRefused
        return body

    async def _blame_token(self) -> None:
        """Raise `SlackUnauthorized` where it is the token that Slack refuses, and not the file."""
        try:
            await self._slack.check()
        except SlackUnauthorized:
            raise
        except (SlackRejected, SlackUnavailable) as error:
            log.info("token not checked", extra={"error": type(error).__name__})

    async def share(self, thread: ThreadRef, files: Sequence[tuple[str, bytes]]) -> None:
        """Upload files as one message of the thread; raises as `Slack` does."""
        if files:
            await self._slack.upload(
                thread.channel,
                thread.root,
                [{"filename": name, "content": data} for name, data in files],
            )

    async def shared(self, thread: ThreadRef, *, since: float) -> set[tuple[str, int]]:
        """The name and size of every file that the bot has sent to a thread since a moment."""
        found: set[tuple[str, int]] = set()
        async for message in self._slack.history.own(thread.channel, thread.root):
            files: Sequence[dict[str, Any]] = message.get("files") or ()
            if float(message["ts"]) < since:
                continue
            found |= {(str(file.get("name")), int(file.get("size") or 0)) for file in files}
        return found

    def _of_slack(self, text: str) -> URL:
        """Read an address of Slack's: https://*.slack.com, or where the API itself is; raises `FileRefused`.

        What is judged is the very object that is fetched.
        """
        try:
            url, api = read_url(text), read_url(self._client.base_url)
        except ValueError:
            raise FileRefused from None
        of_slack = url.scheme == "https" and url.port == HTTPS and (url.raw_host or "").endswith(".slack.com")
        if "@" in url.raw_authority or not (of_slack or url.origin() == api.origin()):
            raise FileRefused
        return url


async def _at_most(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Read so many bytes of a body, and no more."""
    body = io.BytesIO()  # hands out what it has gathered without a copy of it
    while most > 0 and (piece := await response.content.read(most)):
        body.write(piece)
        most -= len(piece)
    return body.getvalue()
