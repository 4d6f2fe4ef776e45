"""The frozen dataclasses of the bot as sealed bytes and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from bot.domain.approvals.approval import Approval, digest
from bot.domain.approvals.delegation import Delegation
from bot.domain.approvals.earlier import Page
from bot.domain.audit import Entry, Head, Link
from bot.domain.errors import UnknownSchema
from bot.domain.events import Event
from bot.domain.feedback import Vote
from bot.domain.handled_event import HandledEvent
from bot.domain.memory import Memory
from bot.domain.read_words import Place
from bot.domain.run import JournalEntry, ThreadState
from bot.store.sealer import Sealer

T = TypeVar("T")

#: Brings a body of an older version into the form of the next one.
Upgrade = Callable[[dict[str, Any]], dict[str, Any]]


class Record(Generic[T]):
    """The codec of one stored type."""

    def __init__(
        self,
        kind: str,
        type_: Any,
        upgrades: Mapping[int, Upgrade] | None = None,
        names: Callable[[T], str] = lambda value: "",
    ) -> None:
        self._kind = kind
        self._adapter: TypeAdapter[T] = TypeAdapter(type_)
        self._upgrades = upgrades or {}
        #: The parts of a value by which it is listed: they have to be names of keys.
        self._names = names

    def dump(self, sealer: Sealer, value: T, place: str) -> bytes:
        """Seal a value for a place."""
        return sealer.seal(self._kind, self._adapter.dump_python(value, mode="json"), place)

    def load(self, sealer: Sealer, sealed: bytes | str, place: str) -> T:
        """Open a value; raises `UnknownSchema` if it cannot be read, or belongs elsewhere."""
        schema, body = sealer.open_versioned(self._kind, sealed, place)
        try:
            if upgrade := self._upgrades.get(schema):
                body = upgrade(body)
            value = self._adapter.validate_python(body)
            # A lone surrogate, as a damaged record may have one, is in the name of no key.
            self._names(value).encode()
        except (ValidationError, AttributeError, LookupError, TypeError, UnicodeEncodeError):
            raise UnknownSchema(f"a stored {self._kind} does not fit its type") from None
        return value


def _listed_by(approval: Approval) -> str:
    return " ".join((approval.id, str(approval.thread), approval.requester, *approval.roles))


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
APPROVAL: Final[Record[Approval]] = Record("approval", Approval, {1: _approval_2}, _listed_by)
DELEGATION: Final[Record[Delegation]] = Record("delegation", Delegation)
PLACES: Final[Record[tuple[Place, ...]]] = Record("words", tuple[Place, ...])
MEMORY: Final[Record[Memory]] = Record("memory", Memory)
JOURNAL: Final[Record[JournalEntry]] = Record("journal", JournalEntry)
ENTRY: Final[Record[Entry]] = Record("entry", Entry)
LINK: Final[Record[Link]] = Record("link", Link)
EARLIER: Final[Record[Page]] = Record("earlier", Page)
HEAD: Final[Record[Head]] = Record("head", Head)
HANDLED: Final[Record[HandledEvent]] = Record("handled", HandledEvent)
VOTE: Final[Record[Vote]] = Record("vote", Vote)
