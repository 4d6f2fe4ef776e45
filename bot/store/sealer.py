"""State at rest: versioned, compressed where it stays, encrypted."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import ConfigDict, TypeAdapter

from bot.domain.errors import KeyMissing, UnknownSchema

#: What each version of a stored kind holds. A reader that meets another one refuses it.
SCHEMAS: dict[str, dict[int, str]] = {
    "event": {1: "an entry of a thread's inbox"},
    "state": {
        1: "a thread's row: agent, replies in progress, approvals",
        2: "several requirements of a call, approvals for the rest of a run",
    },
    "item": {1: "one item of the SDK session"},
    "memory": {1: "notes of the beginning of a session, and from where on it is read whole"},
    "words": {1: "whose words are where in a text that a model was given"},
    "run": {1: "a RunState as the engine's own envelope"},
    "workspace": {1: "the zlib-compressed archive of a workspace, in base64; not written any more"},
    "part": {1: "a part of the zlib-compressed archive of a workspace, in base64, with its place"},
    "files": {1: "which parts make up the workspace that counts"},
    "approval": {
        1: "an approval with its decisions and cards",
        2: "several requirements, edits, reminders, execution",
    },
    "journal": {1: "what is known of a side effect"},
    "delegation": {1: "who stands in for whom, until when"},
    "entry": {1: "an audit entry that is not chained yet"},
    "link": {1: "an audit entry in its place in the chain"},
    "earlier": {1: "calls of a tool that agree in one thing, in the order in which they were let go on"},
    "canary": {1: "nothing; whoever can open it has the right keys"},
    "head": {1: "where the audit chain ends"},
    "handled": {1: "what became of an event, without a word of anybody's"},
    "vote": {1: "what a person thinks of an answer"},
    "backup": {1: "the SHA-256 of all lines of a backup before this one"},
}


def current(kind: str) -> int:
    """The version that is written now."""
    return max(SCHEMAS[kind])


#: Where a Fernet token has the time of its making, which nobody here reads, ours have this and their
#: key's name. Earlier releases open them all the same, and what those sealed has a time there.
#: https://github.com/fernet/spec/blob/master/Spec.md
NAMED: Final = 0xC55C
#: How each Fernet token begins, and how long the shortest one is.
VERSION, SHORTEST = 0x80, 100
#: What is there for a moment only is worth no compression up to so many bytes: that takes longer than to encrypt it.
#: It has the form of what is compressed all the same, as earlier releases read it.
PASSING: Final = frozenset({"event"})
SMALL: Final = 1_000
#: Writes JSON in a third of the time that `json` takes; NaN and infinity as that does.
_JSON: Final[TypeAdapter[Any]] = TypeAdapter(Any, config=ConfigDict(ser_json_inf_nan="constants"))
_TOKEN: Final = re.compile(rb"[A-Za-z0-9_-]{12}")


def key_names(keys: Sequence[str]) -> tuple[str, ...]:
    """Name each key by a fingerprint, in their order: it may be told, and leads back to no key."""
    return tuple(_name(_number(key)) for key in keys)


def _number(key: str) -> int:
    seen = hashlib.sha256(b"countersign key\n" + base64.urlsafe_b64decode(key)).digest()
    return NAMED << 48 | int.from_bytes(seen[:6], "big")


def sealed_with(sealed: bytes | str) -> str:
    """Name the key that something was sealed with; empty where it does not say."""
    head = (sealed.encode() if isinstance(sealed, str) else sealed)[:12]
    if not _TOKEN.fullmatch(head):
        return ""
    number = int.from_bytes(base64.urlsafe_b64decode(head)[1:9], "big")
    return _name(number) if number >> 48 == NAMED else ""


def is_sealed(value: bytes) -> bool:
    """Tell whether a value has the form of a sealed one, whatever key it needs."""
    return (
        bool(_TOKEN.fullmatch(value[:12]))
        and len(value) >= SHORTEST
        and base64.urlsafe_b64decode(value[:12])[0] == VERSION
    )


def _written(envelope: Mapping[str, Any]) -> bytes:
    try:
        return _JSON.dump_json(envelope)
    except ValueError:  # a lone surrogate, which is no UTF-8
        return json.dumps(envelope).encode()


def _packed(kind: str, text: bytes) -> bytes:
    if kind in PASSING and len(text) <= SMALL:
        return zlib.compress(text, level=0, wbits=9)
    return zlib.compress(text)


def _name(number: int) -> str:
    return f"{number & (1 << 48) - 1:012x}"


class Sealer:
    """Seals JSON values with the first key and opens them with any.

    A value opens at its own place alone (see `bot.store.keys.place`): what was copied, swapped or put
    into another order does not. With `read_unbound` what an earlier release sealed, which names
    no place, opens as well. `elsewhere` are the names of keys that other replicas have or had: what
    was sealed with one of them is not damaged, it is not for this replica to judge.
    """

    def __init__(
        self, keys: Sequence[str], *, read_unbound: bool = False, elsewhere: Collection[str] = ()
    ) -> None:
        self._first = Fernet(keys[0])
        self._number = _number(keys[0])
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._read_unbound = read_unbound
        self._own = frozenset(key_names(keys))
        self._elsewhere = elsewhere

    @property
    def may_lack_keys(self) -> bool:
        """Whether there is, or was, any key that this replica does not have."""
        return not self._own.issuperset(self._elsewhere)

    def lacks_key_of(self, sealed: bytes | str) -> bool:
        """Tell whether something was sealed with a key of another replica that this one does not have."""
        name = sealed_with(sealed)
        return name in self._elsewhere and name not in self._own

    def seal(self, kind: str, body: Any, place: str) -> bytes:
        """Write a JSON value of a known kind in its current version, for one place."""
        envelope = {"kind": kind, "schema": current(kind), "place": place, "body": body}
        return self._first.encrypt_at_time(_packed(kind, _written(envelope)), self._number)

    def anew(self, sealed: bytes) -> bytes | None:
        """Seal with the first key what was sealed with any: the same, for the same place. None where it is already.

        Raises `UnknownSchema` where no key opens it.
        """
        if sealed_with(sealed) == _name(self._number):
            return None
        try:
            return self._first.encrypt_at_time(self._fernet.decrypt(sealed), self._number)
        except InvalidToken:
            raise UnknownSchema("what is stored cannot be opened") from None

    def open(self, kind: str, sealed: bytes | str, place: str) -> Any:
        """Read what `seal` wrote for this place; raises `UnknownSchema` for anything else."""
        return self.open_versioned(kind, sealed, place)[1]

    def open_versioned(self, kind: str, sealed: bytes | str, place: str) -> tuple[int, Any]:
        """Read what `seal` wrote, with its version; raises `UnknownSchema` for anything else.

        Raises its kind `KeyMissing` for what another replica or an operator can still open.
        """
        if self.lacks_key_of(sealed):
            raise KeyMissing(f"a stored {kind} was sealed with the key {sealed_with(sealed)}")
        try:
            envelope: Any = self._envelope(sealed)
            found, schema, body = envelope["kind"], envelope["schema"], envelope["body"]
        except (InvalidToken, zlib.error, ValueError, KeyError, TypeError):
            raise UnknownSchema(f"a stored {kind} cannot be opened") from None
        if found != kind or not isinstance(schema, int) or schema not in SCHEMAS[kind]:
            raise UnknownSchema(f"a stored {kind} has an unknown version")
        if not self._belongs(envelope, place):
            raise UnknownSchema(f"a stored {kind} is not the one that was stored there")
        return schema, body

    def is_unbound(self, kind: str, sealed: bytes | str) -> bool:
        """Tell whether a value is of a release that sealed without a place, and its key is here."""
        try:
            envelope: Any = self._envelope(sealed)
            return envelope["kind"] == kind and "place" not in envelope
        except (InvalidToken, zlib.error, ValueError, KeyError, TypeError):
            return False

    def _envelope(self, sealed: bytes | str) -> Any:
        return json.loads(zlib.decompress(self._fernet.decrypt(sealed)))

    def _belongs(self, envelope: Mapping[str, Any], place: str) -> bool:
        if "place" not in envelope:
            return self._read_unbound
        return envelope["place"] == place
