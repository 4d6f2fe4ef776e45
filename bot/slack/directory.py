"""What Slack says of channels, user groups and files, by their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.calls import Calls


@dataclass(frozen=True, slots=True)
class Directory:
    """Looks up, each time anew; raises as `Slack` does, `SlackUnavailable` after one try."""

    client: AsyncWebClient
    calls: Calls

    async def channel(self, channel: str) -> Mapping[str, Any]:
        """A channel's object: https://docs.slack.dev/reference/objects/conversation-object."""

        async def call() -> Any:
            return await self.client.conversations_info(channel=channel)

        found: Mapping[str, Any] = await self.calls.urgent("conversations.info", call, tries=1)
        return found.get("channel") or {}

    async def groups(self) -> Mapping[str, str]:
        """The handle of each user group that is in use."""

        async def call() -> Any:
            return await self.client.usergroups_list()

        found: Mapping[str, Any] = await self.calls.urgent("usergroups.list", call, tries=1)
        groups: Sequence[Mapping[str, Any]] = found.get("usergroups") or ()
        return {str(one.get("id")): str(one.get("handle") or "") for one in groups}

    async def file(self, file: str) -> Mapping[str, Any]:
        """A file's object: https://docs.slack.dev/reference/methods/files.info."""

        async def call() -> Any:
            return await self.client.files_info(file=file)

        found: Mapping[str, Any] = await self.calls.urgent("files.info", call, tries=1)
        return found.get("file") or {}
