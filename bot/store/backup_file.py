"""A backup as lines of JSON: what it is of, its pieces, what it came to, and a seal over all of that.

The seal is made with the first of `STATE_KEYS`, so nobody without them can alter a line, leave one out or end early.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, Final, cast

from bot.domain.errors import CannotRestore, UnknownSchema
from bot.store.backup import Piece, Value
from bot.store.sealer import Sealer, is_sealed, sealed_with

#: The version of these lines.
FORMAT: Final = 1
#: The seal's kind, and the place that it is for.
SEAL: Final = "backup"

DAMAGED: Final = "This backup is damaged, altered or not whole: nothing was changed."


@dataclass(frozen=True, slots=True)
class Origin:
    """What a backup was taken of: by which release, under which prefix, by Redis' clock."""

    release: str
    prefix: str
    shards: int
    taken: str
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Sum:
    """What a backup came to: keys of each kind, what could not be opened, the heads of the audit log ("SEQ:HASH")."""

    kinds: Mapping[str, int]
    unread: int
    heads: Mapping[str, str]

    @property
    def keys(self) -> int:
        """How many keys it has."""
        return sum(self.kinds.values())


@dataclass(slots=True)
class Checked:
    """What was found on the way through a backup that is whole: where it is from, and which keys it needs."""

    origin: Origin
    sum: Sum
    keys: set[str] = field(default_factory=set[str])


class Writer:
    """Makes the lines, in their order: `origin`, a `piece` each, `end`."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._digest = sha256()

    def origin(self, origin: Origin) -> bytes:
        """The first line."""
        return self._line({"countersign backup": asdict(origin)})

    def piece(self, piece: Piece) -> bytes:
        """A line of what is kept."""
        keys = [[v.name, v.type, v.until, [_text(part) for part in v.content]] for v in piece.values]
        line = {"keys": keys, "thread": piece.thread, "line": [_text(part) for part in piece.line]}
        return self._line(line | ({"page": True} if piece.is_page else {}))

    def end(self, found: Sum) -> bytes:
        """The last two lines."""
        line = self._line({"end": asdict(found)})
        seal = self._sealer.seal(SEAL, self._digest.hexdigest(), SEAL)
        return line + json.dumps({"seal": seal.decode()}).encode() + b"\n"

    def _line(self, body: Mapping[str, Any]) -> bytes:
        line = json.dumps(body, separators=(",", ":")).encode() + b"\n"
        self._digest.update(line)
        return line


def check(lines: Iterable[bytes], sealer: Sealer) -> Checked:
    """Read all of a backup and see that it is whole; raises `CannotRestore`."""
    digest, before, keys = sha256(), b"", set[str]()
    origin: Origin | None = None
    found: Mapping[str, Any] = {}
    for line in lines:
        if before:
            digest.update(before)
        try:
            body: dict[str, Any] = json.loads(line)
            if origin is None:
                origin = _origin(body)
            keys.update(
                sealed_with(part)
                for value in _piece(body).values
                for part in value.content
                if is_sealed(part)
            )
            found = cast("Mapping[str, Any]", body.get("end", found))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            raise CannotRestore(DAMAGED) from None
        before = line
    if origin is None or not found:
        raise CannotRestore(DAMAGED)
    _insist_on_seal(before, digest.hexdigest(), sealer)
    return Checked(origin, Sum(**found), keys - {""})


def pieces(lines: Iterable[bytes]) -> Iterator[Piece]:
    """What a backup that was checked has."""
    for line in lines:
        piece = _piece(json.loads(line))
        if piece.values or piece.thread:
            yield piece


def _origin(body: Mapping[str, Any]) -> Origin:
    given = body["countersign backup"]
    if given["format"] != FORMAT:
        raise CannotRestore("This backup was written by a release that is too new for this one.")
    return Origin(**given)


def _piece(body: Mapping[str, Any]) -> Piece:
    values = [
        Value(name, type_, until, [part.encode("latin-1") for part in content])
        for name, type_, until, content in body.get("keys", ())
    ]
    line = [part.encode("latin-1") for part in body.get("line", ())]
    return Piece(values, body.get("thread", ""), line, is_page=body.get("page", False))


def _insist_on_seal(line: bytes, digest: str, sealer: Sealer) -> None:
    try:
        seal = str(json.loads(line)["seal"])
    except (ValueError, LookupError, TypeError):
        raise CannotRestore(DAMAGED) from None
    try:
        sealed: Any = sealer.open(SEAL, seal, SEAL)
    except UnknownSchema:
        if not (name := sealed_with(seal)):
            raise CannotRestore(DAMAGED) from None
        raise CannotRestore(
            f"This backup was sealed with the key {name}, which is not among STATE_KEYS, or it was altered."
        ) from None
    if sealed != digest:
        raise CannotRestore(DAMAGED)


def _text(part: bytes) -> str:
    return part.decode("latin-1")
