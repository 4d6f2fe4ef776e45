"""What the bot says and shows through the Web API, where nothing unfurls, and whom it looks up."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from slack_sdk.errors import SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain import lease
from bot.domain.errors import LeaseLost, SlackRejected, SlackUnavailable
from bot.domain.lease import PRESENT
from bot.domain.tasks import to_its_end
from bot.slack.calls import TRIES, Calls
from bot.slack.directory import Directory
from bot.slack.history import History
from bot.slack.history_budget import Budget
from bot.slack.limiter import EDIT, POST, Limiter
from bot.slack.person import Person, person_of
from bot.slack.shown_name import shown_name
from bot.slack.stream_calls import StreamCalls
from bot.slack.token_access import Access
from bot.telemetry.metrics import Metrics

log = logging.getLogger(__name__)

Blocks = Sequence[Mapping[str, Any]]


class Slack:
    """Every method raises `SlackRejected` for good, `SlackUnavailable` for now.

    `me` is the bot's own user id, `access` is told where Slack does not take the token, `budget` bounds how
    much history is read, `metrics` counts the calls.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        limiter: Limiter,
        *,
        me: str,
        access: Access | None = None,
        budget: Budget | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._client = client
        self._calls = Calls(limiter, access, metrics)
        #: What was said, read from Slack itself.
        self.history = History(client, self._calls, me=me, budget=budget)
        #: What ids stand for.
        self.directory = Directory(client, self._calls)
        #: Messages that Slack streams.
        self.streams = StreamCalls(client, self._calls)

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
            answer = await self._calls.once(POST, call, channel)
            posted = str(answer.get("channel") or channel), str(answer["ts"])
            if metadata is not None and not lease.is_held():
                await self._take_back(posted, thread_ts, metadata)
            return posted

        await self._calls.turn(POST, reply_to, channel)
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
        others = [
            one["ts"] async for one in self.history.own(channel, thread_ts) if one.get("metadata") == metadata
        ]
        if any(other != ts for other in others):
            log.warning("posted twice by a late worker, taken back", extra={"channel": channel})
            await self.delete(channel, ts)
        raise LeaseLost

    async def update(  # noqa: PLR0913 - Slack's five, whom it answers, and what to do where it was late
        self,
        channel: str,
        ts: str,
        *,
        text: str,
        blocks: Blocks | None = None,
        metadata: Mapping[str, Any] | None = None,
        live: bool = False,
        reply_to: str | None = None,
        late: Callable[[], Awaitable[None]] | None = None,
        at_once: bool = False,
    ) -> None:
        """Replace a message; `reply_to` is as in `deliver`.

        A `live` edit had its turn from the limiter and is not repeated. One that is made `at_once` need not come
        an interval after the last edit of the message. `late` is called where the lease
        lapsed meanwhile: what another worker shows by now may have been overwritten.
        """

        async def call() -> Any:
            return await self._client.chat_update(
                channel=channel, ts=ts, text=text, blocks=_dicts(blocks), metadata=_dict(metadata)
            )

        if live:
            await self._calls.once(EDIT, call)
        else:
            told = call if late is None else functools.partial(_told_if_late, call, late)
            message = "" if at_once else edited(channel, ts)
            await self._calls.urgent(EDIT, told, reply_to=reply_to, message=message)

    async def direct(self, user: str) -> str:
        """The channel of the bot's direct messages with a person, opened if need be."""

        async def call() -> Any:
            return await self._client.conversations_open(users=user)

        return str((await self._calls.urgent("conversations.open", call))["channel"]["id"])

    async def delete(self, channel: str, ts: str) -> None:
        """Delete a message of the bot's; one that is gone already is fine."""

        async def call() -> Any:
            return await self._client.chat_delete(channel=channel, ts=ts)

        try:
            await self._calls.urgent("chat.delete", call)
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

        await self._calls.urgent("chat.postEphemeral", call, tries=1)

    async def upload(self, channel: str, thread_ts: str | None, files: Sequence[Mapping[str, Any]]) -> None:
        """Upload files (`filename`, `content`) as one message. After `SlackUnavailable` it may be there."""

        async def call() -> Any:
            try:
                return await self._client.files_upload_v2(
                    channel=channel, thread_ts=thread_ts, file_uploads=[dict(file) for file in files]
                )
            except SlackRequestError as error:  # the bytes did not get through; nothing was posted
                raise TimeoutError from error

        # Not cut off, as a post is not.
        await to_its_end(self._calls.urgent("files.completeUploadExternal", call, tries=1))

    async def check(self) -> None:
        """Ask once whether Slack takes the token at all; raises `SlackUnauthorized` where it does not."""

        async def call() -> Any:
            return await self._client.auth_test()

        await self._calls.urgent("auth.test", call, tries=1)

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Show a person their Home tab."""

        async def call() -> Any:
            return await self._client.views_publish(user_id=user, view=dict(view))

        await self._calls.urgent("views.publish", call)

    async def person(self, user: str, *, tries: int = TRIES) -> Person:
        """Look a person up."""

        async def call() -> Any:
            return await self._client.users_info(user=user)

        found: Mapping[str, Any] = (await self._calls.urgent("users.info", call, tries=tries))["user"]
        return person_of(found)

    async def name_of(self, user: str) -> str | None:
        """Name a person for a model's ears, on one line; None when Slack does not say."""
        try:
            return shown_name((await self.person(user)).name) or None
        except (SlackRejected, SlackUnavailable):
            return None

    async def members(self, group: str) -> tuple[str, ...]:
        """List the people of a user group."""

        async def call() -> Any:
            return await self._client.usergroups_users_list(usergroup=group)

        return tuple((await self._calls.urgent("usergroups.users.list", call)).get("users") or ())


async def _told_if_late(call: Callable[[], Awaitable[Any]], late: Callable[[], Awaitable[None]]) -> Any:
    """Make a call; what came to nothing, as by a timeout, may be carried out yet, and is told of as well."""

    async def made() -> Any:
        try:
            return await call()
        finally:
            if not lease.is_held():
                await late()

    answer = await to_its_end(made())
    lease.check()
    return answer


def edited(channel: str, ts: str) -> str:
    """Name a message that is edited, for the limiter."""
    return f"{channel}:{ts}"


def _dicts(blocks: Blocks | None) -> list[dict[str, Any]] | None:
    return None if blocks is None else [dict(block) for block in blocks]


def _dict(metadata: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if metadata is None else dict(metadata)
