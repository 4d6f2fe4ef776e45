"""The calls of Slack's own streams: https://docs.slack.dev/reference/methods/chat.startStream and its siblings.

The SDK's `AsyncChatStream` is not used: it keeps its text to itself, so nobody could tell after a lost answer
what was shown, it makes its calls without waiting for a turn, and it cannot go on with another process' stream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain import lease
from bot.domain.errors import LeaseLost, SlackRejected
from bot.domain.lease import PRESENT
from bot.domain.tasks import to_its_end
from bot.slack.calls import Calls

START: Final = "chat.startStream"
APPEND: Final = "chat.appendStream"
STOP: Final = "chat.stopStream"
#: The message streams still: it can be edited once its stream has ended.
STREAMING: Final = "streaming_state_conflict"
#: The stream has ended, by whomever: that is what was wanted.
_ENDED: Final = frozenset({"message_not_in_streaming_state", "stopped_by_user", "message_not_found"})

Chunks = Sequence[Mapping[str, Any]]


class StreamCalls:
    """Raises what `Slack` raises."""

    def __init__(self, client: AsyncWebClient, calls: Calls) -> None:
        self._client = client
        self._calls = calls

    async def start(
        self,
        channel: str,
        thread_ts: str,
        *,
        recipient: tuple[str, str],
        chunks: Chunks,
        reply_to: str | None,
    ) -> str:
        """Begin a message that streams, for a person of a workspace; returns its `ts`.

        After `SlackUnavailable` that is no `SlackBusy` it may be there all the same.
        """
        user, team = recipient

        async def call() -> Any:
            return await self._client.chat_startStream(
                channel=channel,
                thread_ts=thread_ts,
                recipient_user_id=user,
                recipient_team_id=team,
                task_display_mode="timeline",
                chunks=[dict(chunk) for chunk in chunks],
            )

        async def begin() -> str:
            ts = str((await self._calls.once(START, call))["ts"])
            if not lease.is_held():
                await self._take_back(channel, ts)
            return ts

        await self._calls.turn(START, reply_to)
        return await to_its_end(begin())

    async def append(self, channel: str, ts: str, chunks: Chunks) -> None:
        """Append to a stream, once; its turn came from the limiter."""

        async def call() -> Any:
            return await self._client.chat_appendStream(
                channel=channel, ts=ts, chunks=[dict(chunk) for chunk in chunks]
            )

        await to_its_end(self._calls.once(APPEND, call))

    async def stop(self, channel: str, ts: str, *, reply_to: str | None = None) -> None:
        """End a stream; one that has ended is fine."""

        async def call() -> Any:
            return await self._client.chat_stopStream(channel=channel, ts=ts)

        try:
            await self._calls.urgent(STOP, call, reply_to=reply_to)
        except SlackRejected as refusal:
            if refusal.code not in _ENDED:
                raise

    async def _take_back(self, channel: str, ts: str) -> None:
        """Delete what was begun after the lease had lapsed: whoever holds the thread now begins its own."""
        PRESENT.set(None)  # in this call's own task: what follows is done in nobody's name

        async def delete() -> Any:
            return await self._client.chat_delete(channel=channel, ts=ts)

        await self.stop(channel, ts)
        await self._calls.urgent("chat.delete", delete)
        raise LeaseLost
