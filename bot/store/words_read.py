"""What is written of whose words are in which item of a conversation, and of a message's words that are taken out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.item_kinds import Item
from bot.domain.memory import fingerprint
from bot.domain.read_words import Place
from bot.domain.thread import ThreadRef
from bot.store.keys import Keys, place
from bot.store.records import PLACES
from bot.store.sealer import Sealer
from bot.store.writes import Command, Write


def reads(text: str, places: Sequence[Place]) -> Write:
    """Note whose words are where in a text that a model is given as an item."""

    def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
        key, name = keys.words(thread), fingerprint(text)
        return [Command("HSET", key, (name, PLACES.dump(sealer, tuple(places), place(key, name))))]

    return write


def reads_no_more(texts: Sequence[str]) -> Write:
    """Forget that of texts, by their fingerprints."""
    return lambda keys, _, thread: [Command("HDEL", keys.words(thread), (name,)) for name in texts]


def items_are(changed: Mapping[int, Item]) -> Write:
    """Put other items in the place of stored ones."""

    def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
        key, others = keys.session(thread), changed.items()
        return [Command("LSET", key, (at, sealer.seal("item", item, place(key, at)))) for at, item in others]

    return write
