"""What a model reads of a person's message: when it was written, by whom, the words, what came with them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.conversation.attention import told
from bot.conversation.delivery import Delivery
from bot.conversation.handling import Handling
from bot.conversation.run_workspaces import RunWorkspaces
from bot.domain import sentences
from bot.domain.events import MessageReceived
from bot.domain.overheard import Said, as_data, ids_named, pieces, speakers
from bot.domain.read_words import located, others_in, own
from bot.domain.time_zone import sent
from bot.slack.names import Names, put_in
from bot.store.words_read import reads
from bot.store.writes import Writes


@dataclass(frozen=True, slots=True)
class ModelWords:
    """Puts them together."""

    run_workspaces: RunWorkspaces
    delivery: Delivery
    names: Names

    async def of(self, h: Handling, message: MessageReceived) -> str:
        """Of a message that begins a run, behind what was said while the bot kept silent."""
        words = self.run_workspaces.said(message) or sentences.NO_WORDS
        return await self._read(h, message, h.state.recalled, words)

    async def joining(self, h: Handling, message: MessageReceived) -> str:
        """Of one that joins a run which waits; the model is told when it is not from who asked."""
        text = self.run_workspaces.said(message)
        if h.state.authors and message.user != h.state.authors[0]:
            text = sentences.from_another(await self.delivery.name_of(message.user), text)
        return await self._read(h, message, told(h.state), text)

    async def _read(self, h: Handling, message: MessageReceived, heard: Sequence[Said], words: str) -> str:
        """All that is read with a message; whose words are where is kept with the next save, which writes the run as well."""
        heard, names = await self._named(h, heard)
        text = await self._sent(message, f"{as_data(heard, names)}\n\n{words}".strip())
        start = len(text) - len(self.run_workspaces.said(message) or words)
        earlier = others_in(text[start:], message.text, message.below, message.earlier)
        others = tuple(one.moved(start) for one in earlier)
        places = (*located(text, pieces(heard, names)), *others, *own(message.ts, start, len(text), others))
        h.with_next(Writes().what(reads(text, places), text, places))
        return text

    async def _named(self, h: Handling, heard: Sequence[Said]) -> tuple[Sequence[Said], dict[str, str]]:
        """What was overheard with names in the place of ids, and what its speakers are called."""
        people = speakers(heard)
        called = await asyncio.gather(*(self.delivery.name_of(one) for one in people))
        ids = ids_named(heard)
        known = await self.names.of(ids, place=h.thread.channel) if ids else {}
        heard = [replace(one, text=put_in(one.text, known)) for one in heard]
        return heard, dict(zip(people, called, strict=True))

    async def _sent(self, message: MessageReceived, text: str) -> str:
        at = datetime.fromtimestamp(float(message.ts), UTC)
        zone = message.zone if message.is_read else await self.delivery.zones.of(message.user)
        return sent(text, at, zone)
