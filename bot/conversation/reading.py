"""A message as it is read: all that Slack has to be asked for so that a model and people understand it.

It is asked for once. What was learned is kept with the event in the write that begins the run, so that whoever takes
over after a crash, or tries again, gives the model the very same words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.conversation.handling import Handling
from bot.domain.attachment import Attachment
from bot.domain.errors import SlackRejected, SlackUnavailable
from bot.domain.events import MessageReceived
from bot.domain.read_words import Place, located
from bot.slack.client import Slack
from bot.slack.incoming import attachment
from bot.slack.names import Names, put_in
from bot.slack.quoted import NOTHING, Quoted
from bot.slack.said_before import SaidBefore
from bot.slack.time_zones import TimeZones

#: Seconds that an answer waits for what Slack says of its files, and how many are asked about.
PATIENCE: Final = 5.0
FILES: Final = 10
#: How many ids get their names: a message's own, and those of what was said before it.
NAMED: Final = 40


@dataclass(frozen=True, slots=True)
class Reading:
    """Asks Slack; never fails, and never makes anybody wait for long."""

    slack: Slack
    names: Names
    said_before: SaidBefore
    zones: TimeZones

    async def of(self, h: Handling, message: MessageReceived) -> MessageReceived:
        """The message with names for ids, files that can be fetched, and what was said before it was the bot's turn."""
        if message.is_read:
            return message
        before = NOTHING
        if _comes_first(h, message):
            before = await self.said_before.in_thread(h.thread, message.ts)
            h.state = replace(h.state, asked_first=message.ts)
        ids = (*message.names, *before.names)
        names = await self.names.of(ids, place=h.thread.channel, most=NAMED) if ids else {}
        below = put_in("\n\n".join(filter(None, (message.below, before.text))), names)
        return replace(
            message,
            text=put_in(message.text, names),
            below=below,
            earlier=_earlier(below, before, names),
            quoted=tuple(dict.fromkeys((*message.quoted, *before.authors))),
            files=await self._files((*message.files, *before.files)),
            is_read=True,
            zone=await self.zones.of(message.user),
        )

    async def _files(self, files: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
        """Ask about those of which Slack tells nothing else (in Slack Connect): what it does not say then, it does not let be read."""
        found = {one.id: one for one in files}
        try:
            async with asyncio.timeout(PATIENCE):
                for one in [one for one in files if one.is_untold][:FILES]:
                    found[one.id] = await self._told(one)
        except (SlackUnavailable, TimeoutError):
            pass
        return tuple(found[one.id] for one in files)

    async def _told(self, file: Attachment) -> Attachment:
        try:
            told = attachment(await self.slack.directory.file(file.id))
        except SlackRejected:
            return file
        return replace(told, is_earlier=file.is_earlier) if told.id == file.id else file


def _earlier(below: str, before: Quoted, names: Mapping[str, str]) -> tuple[Place, ...]:
    """Where all of what was said before is, and each message of it."""
    text = put_in(before.text, names)
    at = len(below) - len(text)
    pieces = located(text, ((ts, put_in(piece, names)) for ts, piece in before.pieces))
    return tuple(one.moved(at) for one in (Place("", 0, len(text)), *pieces)) if text else ()


def _comes_first(h: Handling, message: MessageReceived) -> bool:
    """Whether the bot is asked in the middle of a thread of which it knows nothing, and was not told to forget anything."""
    is_known = h.state.run_id or h.state.approvals or h.state.reset_ts
    return message.addressed and not is_known and not h.thread.is_direct and message.ts != h.thread.thread_ts
