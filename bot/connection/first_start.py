"""An empty Redis: the first start of a bot, or one that has lost everything? What lies outside of it tells."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from bot.domain.errors import SlackRejected, SlackUnavailable
from bot.domain.signed_head import HeadSigner, NotAHead
from bot.slack.client import Slack
from bot.store.epoch import Epoch

log = logging.getLogger(__name__)

#: In how many channels it is looked for words of the bot's, a page of each.
CHANNELS: Final = 5


@dataclass(frozen=True, slots=True)
class Heads:
    """Where signed heads of the audit log were put: a file, and a server that may give back what it was sent."""

    file: Path | None
    read_back: Callable[[], Awaitable[str]] | None
    signer: HeadSigner

    async def tell(self) -> bool:
        """Whether one is there that was signed with a key of ours. Who does not answer tells nothing."""
        return await asyncio.to_thread(self._in_file) or await self._posted()

    def _in_file(self) -> bool:
        if self.file is None:
            return False
        with suppress(OSError), self.file.open(encoding="utf-8", errors="replace") as lines:
            return self._any(lines)
        return False

    async def _posted(self) -> bool:
        if self.read_back is None:
            return False
        try:
            told = await self.read_back()
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            log.warning("audit heads not read back", extra={"error": type(error).__name__})
            return False
        return await asyncio.to_thread(self._any, told.splitlines())

    def _any(self, lines: Iterable[str]) -> bool:
        for line in lines:
            with suppress(NotAHead):
                return self.signer.read(line).head.seq > 0
        return False


async def recognise(epoch: Epoch, slack: Slack, *, approval_channels: Sequence[str], heads: Heads) -> None:
    """Find out whether a Redis that knows nothing of this bot has forgotten it, and note that.

    Raises `RedisError`. A Slack that does not say counts as one that does: to look is all that follows.
    """
    if await epoch.is_known():
        await epoch.since(lived_before=False)  # 0.1.0 had none, and forgot nothing
        return
    lived = await heads.tell() or await _is_shown(slack, approval_channels)
    await epoch.since(lived_before=lived)


async def _is_shown(slack: Slack, approval_channels: Sequence[str]) -> bool:
    try:
        async for channel in _channels(slack, approval_channels):
            with suppress(SlackRejected):
                if await slack.history.took_part(channel):
                    return True
    except SlackRejected:
        return False  # it may not list channels: then nobody has asked it anything there
    except SlackUnavailable as error:
        log.warning("slack does not say whether this bot lived before", extra={"error": type(error).__name__})
        return True
    return False


async def _channels(slack: Slack, approval_channels: Sequence[str]) -> AsyncIterator[str]:
    for channel in approval_channels:
        yield channel
    looked = 0
    async for channel in slack.history.places():
        if looked == CHANNELS:
            return
        if channel not in approval_channels:
            looked += 1
            yield channel
