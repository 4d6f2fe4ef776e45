"""What was said in Slack, read from its history: the bot's own messages found again, and what others wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import limits
from bot.slack.calls import Calls
from bot.slack.history_budget import Budget

#: How far back a channel (not a thread) is searched, in pages of `limits.PAGE` messages.
CHANNEL_PAGES: Final = 5


class History:
    """Reads page by page; fails as `Calls.urgent` does.

    `me` is the bot's own user id: only its messages are ever recognised as its own. `budget` bounds how
    much is read of what others wrote; None for no bound.
    """

    def __init__(
        self, client: AsyncWebClient, calls: Calls, *, me: str, budget: Budget | None = None
    ) -> None:
        self._client = client
        self._calls = calls
        self._me = me
        self._budget = budget

    async def find(
        self, channel: str, thread_ts: str | None, is_it: Callable[[Mapping[str, Any]], bool]
    ) -> str | None:
        """Find one of the bot's own messages, in a thread or at a channel's top."""
        async for message in self.own(channel, thread_ts):
            if is_it(message):
                return str(message["ts"])
        return None

    async def own(self, channel: str, thread_ts: str | None) -> AsyncIterator[Mapping[str, Any]]:
        """Yield the bot's own messages of a thread, or a channel's latest where `thread_ts` is None."""
        cursor: str | None = None
        pages = 0
        while pages == 0 or (cursor and (thread_ts or pages < CHANNEL_PAGES)):
            page = await self._page(channel, thread_ts, cursor)
            pages += 1
            for message in page.get("messages") or ():
                if message.get("user") == self._me:
                    yield message
            cursor = _next(page)

    async def first(self, channel: str, thread_ts: str) -> Mapping[str, Any] | None:
        """The first message of a thread, where it is the bot's own."""
        messages = (await self._page(channel, thread_ts, None, most=1)).get("messages") or ()
        return next((one for one in messages if one.get("ts") == thread_ts and self.is_own(one)), None)

    async def took_part(self, channel: str) -> bool:
        """Tell whether one of the latest messages at a channel's top is the bot's, or has an answer of its.

        https://docs.slack.dev/messaging/retrieving-messages: `reply_users` has some of those who answered.
        """
        page = await self._page(channel, None, None)
        found = page.get("messages") or ()
        return any(self.is_own(one) or self._me in (one.get("reply_users") or ()) for one in found)

    def is_own(self, message: Mapping[str, Any]) -> bool:
        """Tell whether the bot wrote a message."""
        return message.get("user") == self._me

    async def places(self) -> AsyncIterator[str]:
        """Yield every channel and direct message that the bot is in."""
        cursor: str | None = None
        while cursor is None or cursor:
            page = await self._places(cursor)
            for channel in page.get("channels") or ():
                yield str(channel["id"])
            cursor = _next(page)

    async def written(
        self, channel: str, thread_ts: str | None, *, oldest: float
    ) -> AsyncIterator[Mapping[str, Any]]:
        """Yield what was written since then in a thread, or at a channel's top where there is none."""
        cursor: str | None = None
        while cursor is None or cursor:
            if self._budget is not None:
                await self._budget.take()
            page = await self._page(channel, thread_ts, cursor or None, oldest=f"{oldest:.6f}")
            for message in page.get("messages") or ():
                yield message
            cursor = _next(page)

    async def _places(self, cursor: str | None) -> Mapping[str, Any]:
        async def call() -> Any:
            return await self._client.users_conversations(
                types="public_channel,private_channel,mpim,im",
                exclude_archived=True,
                cursor=cursor,
                limit=limits.PAGE,
            )

        return await self._calls.urgent("users.conversations", call)

    async def _page(
        self,
        channel: str,
        thread_ts: str | None,
        cursor: str | None,
        oldest: str = "0",
        most: int = limits.PAGE,
    ) -> Mapping[str, Any]:
        async def replies() -> Any:
            return await self._client.conversations_replies(
                channel=channel,
                ts=thread_ts or "",
                cursor=cursor,
                oldest=oldest,
                limit=most,
                include_all_metadata=True,
            )

        async def history() -> Any:
            return await self._client.conversations_history(
                channel=channel,
                cursor=cursor,
                oldest=oldest,
                limit=limits.PAGE,
                include_all_metadata=True,
            )

        if thread_ts:
            return await self._calls.urgent("conversations.replies", replies)
        return await self._calls.urgent("conversations.history", history)


def _next(page: Mapping[str, Any]) -> str:
    metadata: Mapping[str, Any] = page.get("response_metadata") or {}
    return str(metadata.get("next_cursor") or "")
