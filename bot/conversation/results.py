"""Results of a run: the files that its agent left to be sent, brought to the thread once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.conversation.handling import Handling
from bot.domain import sentences
from bot.domain.errors import SlackRejected, SlackUnauthorized, SlackUnavailable, UnknownSchema
from bot.sandbox.archive import Unpackable, contents
from bot.sandbox.gate import Gate
from bot.slack.files import SlackFiles
from bot.store.workspaces import Workspaces

log = logging.getLogger(__name__)

#: How often an upload is tried: the thread waits behind it, so not for ever.
TRIES: Final = 4


class Results:
    """Sends files, after the outcome that names them is on record and was shown."""

    def __init__(self, workspaces: Workspaces, files: SlackFiles, gate: Gate) -> None:
        self._workspaces = workspaces
        self._files = files
        self._gate = gate

    async def send(self, h: Handling) -> bool:
        """Upload what the reply has yet to send; True where there is a new remark to be shown.

        Raises `SlackUnavailable` to be called again. A file that an earlier attempt had sent is
        found in the thread behind the reply, by its name and size.
        """
        marks = h.reply.results
        if not marks:
            return False
        async with self._gate.place():
            return await self._send(h, marks)

    async def _send(self, h: Handling, marks: Sequence[str]) -> bool:
        found = await self._load(h)
        remark = sentences.FILES_GONE if len(found) < len(marks) else ""
        try:
            await self._share(h, found)
        except SlackRejected as refusal:
            log.error("results not sent", extra={"code": refusal.code})
            remark = sentences.FILES_REFUSED
        except SlackUnauthorized:
            raise
        except SlackUnavailable as error:
            if h.reply.uploads + 1 < TRIES:
                await h.save(reply=replace(h.reply, uploads=h.reply.uploads + 1))
                raise
            log.error("results given up", extra={"error": type(error).__name__})
            remark = sentences.FILES_REFUSED
        h.remarks += [remark] if remark else []
        await h.save(reply=replace(h.reply, results=()), sent=(*h.state.sent, *marks))
        return bool(remark)

    async def _share(self, h: Handling, found: Sequence[tuple[str, bytes]]) -> None:
        since = min(map(float, h.reply.messages), default=0.0)
        already = await self._files.shared(h.thread, since=since) if h.attempted else set[tuple[str, int]]()
        files = [(name.rsplit("/", 1)[-1], content) for name, content in found]
        await self._files.share(h.thread, [one for one in files if (one[0], len(one[1])) not in already])

    async def _load(self, h: Handling) -> list[tuple[str, bytes]]:
        with contextlib.suppress(UnknownSchema, Unpackable):
            archive = await self._workspaces.load(h.thread)
            return await asyncio.to_thread(contents, archive, h.reply.results) if archive else []
        return []
