"""State at rest: versioned, compressed, encrypted."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import UnknownSchema

#: What each version of a stored kind holds. A reader that meets another one refuses it.
SCHEMAS: dict[str, dict[int, str]] = {
    "event": {1: "an entry of a thread's inbox"},
    "state": {
        1: "a thread's row: agent, replies in progress, approvals",
        2: "several requirements of a call, approvals for the rest of a run",
    },
    "item": {1: "one item of the SDK session"},
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
    "canary": {1: "nothing; whoever can open it has the right keys"},
    "head": {1: "where the audit chain ends"},
}


def current(kind: str) -> int:
    """The version that is written now."""
    return max(SCHEMAS[kind])


class Sealer:
    """Seals JSON values with the first key and opens them with any.

    A value opens at its own place alone (see `bot.store.keys.place`): what was copied, swapped or put
    into another order does not. With `read_unbound` what an earlier release sealed, which names
    no place, opens as well.
    """

    def __init__(self, keys: Sequence[str], *, read_unbound: bool = False) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._read_unbound = read_unbound

    def seal(self, kind: str, body: Any, place: str) -> bytes:
        """Write a JSON value of a known kind in its current version, for one place."""
        envelope = {"kind": kind, "schema": current(kind), "place": place, "body": body}
        return self._fernet.encrypt(zlib.compress(json.dumps(envelope).encode()))

    def open(self, kind: str, sealed: bytes | str, place: str) -> Any:
        """Read what `seal` wrote for this place; raises `UnknownSchema` for anything else."""
        return self.open_versioned(kind, sealed, place)[1]

    def open_versioned(self, kind: str, sealed: bytes | str, place: str) -> tuple[int, Any]:
        """Read what `seal` wrote, with its version; raises `UnknownSchema` for anything else."""
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
