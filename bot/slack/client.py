"""The Web API as the bot uses it: nothing unfurls, failures have two names, pauses are kept."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from bot import lease
from bot.errors import LeaseLost, SlackRejected, SlackUnauthorized, SlackUnavailable
from bot.lease import PRESENT
from bot.slack import limits
from bot.slack.access import Access
from bot.slack.budget import Budget
from bot.slack.failed import failure_of
from bot.slack.limiter import EDIT, POST, Limiter
from bot.slack.person import Person, person_of
from bot.tasks import to_its_end

log = logging.getLogger(__name__)

#: How often a call that changes nothing by being repeated is made in all.
TRIES: Final = 3
#: How far back a channel (not a thread) is searched, in pages of `limits.PAGE` messages.
CHANNEL_PAGES: Final = 5

Blocks = Sequence[Mapping[str, Any]]


class Slack:
    """Every method raises `SlackRejected` for good, `SlackUnavailable` for now.

    `me` is the bot's own user id: only its messages are ever recognised as its own. `access` is
    told where Slack does not take the token; `budget` bounds how much history is read.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        limiter: Limiter,
        *,
        me: str,
        access: Access | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._client = client
        self._limiter = limiter
        self._me = me
        self._access = access
        self._budget = budget

    async def post(
        self,
        channel: str,
        *,
        thread_ts: str | None,
        text: str,
        blocks: Blocks | None = None,
        metadata: Mapping[str, Any] | None = None,
        reply_to: str | None = None,
    ) -> str:
        """Post a message and return its `ts`; else like `deliver`."""
        _, ts = await self.deliver(
            channel, thread_ts=thread_ts, text=text, blocks=blocks, metadata=metadata, reply_to=reply_to
        )
        return ts

    async def deliver(
        self,
        channel: str,
        *,
        thread_ts: str | None,
        text: str,
        blocks: Blocks | None = None,
        metadata: Mapping[str, Any] | None = None,
        reply_to: str | None = None,
    ) -> tuple[str, str]:
        """Post a message; returns its channel and its `ts`. A person's id stands for their DM.

        With `reply_to` it waits in line with the replies to others; without, it overtakes them.
        After `SlackUnavailable` it may be there all the same: look for its `metadata` first.
        """

        async def call() -> Any:
            return await self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread_ts,
                text=text,
                blocks=_dicts(blocks),
                metadata=_dict(metadata),
                unfurl_links=False,
                unfurl_media=False,
            )

        async def post() -> tuple[str, str]:
            answer = await self._call(POST, call, channel)
            posted = str(answer.get("channel") or channel), str(answer["ts"])
            if metadata is not None and not lease.is_held():
                await self._take_back(posted, thread_ts, metadata)
            return posted

        await self._allowed(POST, reply_to, channel)
        # Not cut off: Slack might carry it out after somebody else has looked for it in vain.
        return await to_its_end(post())

    async def _take_back(
        self, posted: tuple[str, str], thread_ts: str | None, metadata: Mapping[str, Any]
    ) -> None:
        """Delete what was posted after the lease had lapsed, if another worker has posted it as well.

        A process can be paused between the look at its lease and the call. Where the other worker
        comes to look only now, it finds what was posted and takes it for its own.
        """
        PRESENT.set(None)  # in this call's own task: what follows is said in nobody's name
        channel, ts = posted
        others = [one["ts"] async for one in self.own(channel, thread_ts) if one.get("metadata") == metadata]
        if any(other != ts for other in others):
            log.warning("posted twice by a late worker, taken back", extra={"channel": channel})
            await self.delete(channel, ts)
        raise LeaseLost

    async def update(  # noqa: PLR0913 - Slack's five, and whom it answers
        self,
        channel: str,
        ts: str,
        *,
        text: str,
        blocks: Blocks | None = None,
        metadata: Mapping[str, Any] | None = None,
        live: bool = False,
        reply_to: str | None = None,
    ) -> None:
        """Replace a message; `reply_to` is as in `deliver`.

        A `live` edit had its turn from the limiter and is not repeated.
        """

        async def call() -> Any:
            return await self._client.chat_update(
                channel=channel, ts=ts, text=text, blocks=_dicts(blocks), metadata=_dict(metadata)
            )

        if live:
            await self._call(EDIT, call)
        else:
            await self._urgent(EDIT, call, reply_to=reply_to)

    async def direct(self, user: str) -> str:
        """The channel of the bot's direct messages with a person, opened if need be."""

        async def call() -> Any:
            return await self._client.conversations_open(users=user)

        return str((await self._urgent("conversations.open", call))["channel"]["id"])

    async def delete(self, channel: str, ts: str) -> None:
        """Delete a message of the bot's; one that is gone already is fine."""

        async def call() -> Any:
            return await self._client.chat_delete(channel=channel, ts=ts)

        try:
            await self._urgent("chat.delete", call)
        except SlackRejected as refusal:
            if refusal.code != "message_not_found":
                raise

    async def ephemeral(
        self,
        channel: str,
        user: str,
        *,
        text: str,
        thread_ts: str | None = None,
        blocks: Blocks | None = None,
    ) -> None:
        """Tell one person something, where others cannot read it."""

        async def call() -> Any:
            return await self._client.chat_postEphemeral(
                channel=channel, user=user, text=text, thread_ts=thread_ts, blocks=_dicts(blocks)
            )

        await self._urgent("chat.postEphemeral", call, tries=1)

    async def upload(self, channel: str, thread_ts: str, files: Sequence[Mapping[str, Any]]) -> None:
        """Upload files (`filename`, `content`) as one message. After `SlackUnavailable` it may be there."""

        async def call() -> Any:
            try:
                return await self._client.files_upload_v2(
                    channel=channel, thread_ts=thread_ts, file_uploads=[dict(file) for file in files]
                )
            except SlackRequestError as error:  # the bytes did not get through; nothing was posted
                raise TimeoutError from error

        # Not cut off, as a post is not.
        await to_its_end(self._urgent("files.completeUploadExternal", call, tries=1))

    async def find(self, channel: str, thread_ts: str | None, marker: Mapping[str, Any]) -> str | None:
        """Find the bot's own message with this metadata, in a thread or at a channel's top."""
        async for message in self.own(channel, thread_ts):
            if message.get("metadata") == marker:
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

        return await self._urgent("users.conversations", call)

    async def check(self) -> None:
        """Ask once whether Slack takes the token at all; raises `SlackUnauthorized` where it does not."""

        async def call() -> Any:
            return await self._client.auth_test()

        await self._urgent("auth.test", call, tries=1)

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Show a person their Home tab."""

        async def call() -> Any:
            return await self._client.views_publish(user_id=user, view=dict(view))

        await self._urgent("views.publish", call)

    async def person(self, user: str) -> Person:
        """Look a person up."""

        async def call() -> Any:
            return await self._client.users_info(user=user)

        found: Mapping[str, Any] = (await self._urgent("users.info", call))["user"]
        return person_of(found)

    async def name_of(self, user: str) -> str | None:
        """Name a person for a model's ears, on one line; None when Slack does not say."""
        try:
            return (await self.person(user)).name or None
        except (SlackRejected, SlackUnavailable):
            return None

    async def members(self, group: str) -> tuple[str, ...]:
        """List the people of a user group."""

        async def call() -> Any:
            return await self._client.usergroups_users_list(usergroup=group)

        return tuple((await self._urgent("usergroups.users.list", call)).get("users") or ())

    async def _page(
        self, channel: str, thread_ts: str | None, cursor: str | None, oldest: str = "0"
    ) -> Mapping[str, Any]:
        async def replies() -> Any:
            return await self._client.conversations_replies(
                channel=channel,
                ts=thread_ts or "",
                cursor=cursor,
                oldest=oldest,
                limit=limits.PAGE,
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
            return await self._urgent("conversations.replies", replies)
        return await self._urgent("conversations.history", history)

    async def _allowed(self, method: str, person: str | None, channel: str = "") -> None:
        """Wait until a call may be made: in line with other replies, or ahead of all."""
        if person is None:
            await self._limiter.urgent(method, channel)
        else:
            await self._limiter.reply(method, channel, person)

    async def _urgent(
        self,
        method: str,
        call: Callable[[], Awaitable[Any]],
        *,
        tries: int = TRIES,
        reply_to: str | None = None,
    ) -> Any:
        """Make a call as soon as Slack allows, and again where it fails for a moment only."""
        while True:
            await self._allowed(method, reply_to)
            try:
                return await self._call(method, call)
            except SlackUnauthorized:
                raise  # that takes longer than any call waits
            except SlackUnavailable as error:
                tries -= 1
                if tries <= 0 or error.retry_after > self._limiter.patience:
                    raise

    async def _call(self, method: str, call: Callable[[], Awaitable[Any]], channel: str = "") -> Any:
        lease.check()
        try:
            return await call()
        except SlackApiError as error:
            failure = failure_of(method, error)
        except (TimeoutError, aiohttp.ClientError, OSError):
            failure = SlackUnavailable(method)
        except SlackClientError as error:
            failure = SlackRejected(method, type(error).__name__)
        if isinstance(failure, SlackUnauthorized):
            if self._access is not None:
                self._access.turned_away(failure.code)
        elif isinstance(failure, SlackUnavailable):
            self._limiter.pause(method, failure.retry_after, channel)
        raise failure


def _next(page: Mapping[str, Any]) -> str:
    metadata: Mapping[str, Any] = page.get("response_metadata") or {}
    return str(metadata.get("next_cursor") or "")


def _dicts(blocks: Blocks | None) -> list[dict[str, Any]] | None:
    return None if blocks is None else [dict(block) for block in blocks]


def _dict(metadata: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if metadata is None else dict(metadata)
