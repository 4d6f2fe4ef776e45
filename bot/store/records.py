"""The frozen dataclasses of the bot as sealed bytes and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from bot.approval import Approval, digest
from bot.audit import Entry, Head, Link
from bot.delegation import Delegation
from bot.errors import UnknownSchema
from bot.events import Event
from bot.run import JournalEntry, ThreadState
from bot.store.sealer import Sealer

T = TypeVar("T")

#: Brings a body of an older version into the form of the next one.
Upgrade = Callable[[dict[str, Any]], dict[str, Any]]


class Record(Generic[T]):
    """The codec of one stored type."""

    def __init__(self, kind: str, type_: Any, upgrades: Mapping[int, Upgrade] | None = None) -> None:
        self._kind = kind
        self._adapter: TypeAdapter[T] = TypeAdapter(type_)
        self._upgrades = upgrades or {}

    def dump(self, sealer: Sealer, value: T, place: str) -> bytes:
        """Seal a value for a place."""
        return sealer.seal(self._kind, self._adapter.dump_python(value, mode="json"), place)

    def load(self, sealer: Sealer, sealed: bytes | str, place: str) -> T:
        """Open a value; raises `UnknownSchema` if it cannot be read, or belongs elsewhere."""
        schema, body = sealer.open_versioned(self._kind, sealed, place)
        try:
            if upgrade := self._upgrades.get(schema):
                body = upgrade(body)
            return self._adapter.validate_python(body)
        except (ValidationError, AttributeError, LookupError, TypeError):
            raise UnknownSchema(f"a stored {self._kind} does not fit its type") from None


def _approval_2(body: dict[str, Any]) -> dict[str, Any]:
    """One requirement became several, and each decision says for which role it counts."""
    wanted = body["requirement"]
    counted = {"roles": [wanted["role"]], "digest": digest(body["tool"], body["arguments"])}
    decisions = [decision | counted | {"holder": decision["by"]} for decision in body["decisions"]]
    kept = {name: value for name, value in body.items() if name != "requirement"}
    return kept | {"requirements": [wanted], "asked": body["arguments"], "decisions": decisions}


def _state_2(body: dict[str, Any]) -> dict[str, Any]:
    """The one requirement of a pending call became several."""
    for reply in body["replies"]:
        outcome: dict[str, Any] = reply["outcome"] or {}
        for call in cast("list[dict[str, Any]]", outcome.get("calls", [])):
            wanted = call.pop("requirement")
            call["requirements"] = [wanted] if wanted else []
    return body


EVENT: Final[Record[Event]] = Record("event", Event)
STATE: Final[Record[ThreadState]] = Record("state", ThreadState, {1: _state_2})
APPROVAL: Final[Record[Approval]] = Record("approval", Approval, {1: _approval_2})
DELEGATION: Final[Record[Delegation]] = Record("delegation", Delegation)
JOURNAL: Final[Record[JournalEntry]] = Record("journal", JournalEntry)
ENTRY: Final[Record[Entry]] = Record("entry", Entry)
LINK: Final[Record[Link]] = Record("link", Link)
HEAD: Final[Record[Head]] = Record("head", Head)
