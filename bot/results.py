"""Results of a run: the files that its agent left to be sent, brought to the thread once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from bot import words
from bot.benches import remembered
from bot.errors import SlackRejected, UnknownSchema
from bot.handling import Handling
from bot.sandbox.archive import Result, content, results
from bot.slack.files import SlackFiles
from bot.store.threads import ThreadStore

log = logging.getLogger(__name__)


class Results:
    """Sends files, after the outcome that names them is on record."""

    def __init__(self, threads: ThreadStore, files: SlackFiles) -> None:
        self._threads = threads
        self._files = files

    async def send(self, h: Handling) -> None:
        """Upload what the reply has yet to send; raises `SlackUnavailable` to be called again.

        A file that an earlier attempt had sent is found in the thread by its name and size.
        """
        if not h.reply.results:
            return
        found, bytes_ = await self._load(h)
        already = await self._files.shared(h.thread) if h.attempted else set[tuple[str, int]]()
        waiting = [one for one in found if (_basename(one.name), one.size) not in already]
        try:
            await self._files.share(h.thread, [(_basename(one.name), bytes_[one.mark]) for one in waiting])
        except SlackRejected as refusal:
            log.error("results not sent", extra={"code": refusal.code})
            remarks = (*h.reply.remarks, words.FILES_REFUSED)
            await h.save(reply=replace(h.reply, results=(), remarks=remarks))
            return
        await h.save(reply=replace(h.reply, results=()), sent=remembered(h, h.reply.results))

    async def _load(self, h: Handling) -> tuple[list[Result], Mapping[str, bytes]]:
        marks = set(h.reply.results)
        try:
            archive = await self._threads.workspace(h.thread)
        except UnknownSchema:
            archive = None
        if archive is None:  # a reset came first
            return [], {}
        return [one for one in results(archive) if one.mark in marks], content(archive, marks)


def _basename(name: str) -> str:
    return name.rsplit("/", 1)[-1]
