"""A head of the audit log as a signed line, to be kept where Redis is not. Pure.

The signature is an HMAC: who checks it, with `countersign audit verify`, needs `STATE_KEYS` to open the log anyway.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.domain.audit import Head

#: What a signature covers.
_SIGNED: Final = ("at", "hash", "seq", "team")
#: A log in text form has the same fields behind its words.
_FIELD: Final = re.compile(r"(?:^| )(\w+)=(\S*)")
_EXPECTED: Final = re.compile(r"(?:([A-Z0-9]+):)?([1-9][0-9]{0,14}):([0-9a-f]{64})", re.IGNORECASE | re.ASCII)


class NotAHead(ValueError):
    """A text is not what it should be: no head, or one that was altered."""


@dataclass(frozen=True, slots=True)
class NotedHead:
    """A head that somebody wrote down; without `team` it is of the only workspace there is."""

    team: str
    head: Head


class HeadSigner:
    """Signs heads with the first key and checks them with any, as the sealer does."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [_derived(key) for key in keys]

    def sign(self, team: str, head: Head, at: datetime) -> Mapping[str, str | int]:
        """The fields of a line, in the order in which they are written."""
        fields = {"at": at.isoformat(timespec="seconds"), "team": team, "seq": head.seq, "hash": head.hash}
        return {**fields, "signature": _signature(self._keys[0], fields)}

    def read(self, line: str) -> NotedHead:
        """Read a line of an anchor or of the bot's log; raises `NotAHead` for one that was altered."""
        try:
            fields = _fields(line)
            given = str(fields["signature"]).encode()
            if not any(hmac.compare_digest(_signature(key, fields).encode(), given) for key in self._keys):
                raise NotAHead("altered, or signed with a key that is not in STATE_KEYS")
        except (KeyError, TypeError, RecursionError, UnicodeError):
            raise NotAHead("not a signed head of an audit log") from None
        return NotedHead(fields["team"], Head(fields["seq"], fields["hash"]))


def read_expected(text: str) -> NotedHead:
    """Read `SEQ:HASH` or `TEAM:SEQ:HASH`; raises `NotAHead`."""
    found = _EXPECTED.fullmatch(text.strip())
    if found is None:
        raise NotAHead("must be SEQ:HASH or TEAM:SEQ:HASH, as `countersign audit verify` prints them")
    return NotedHead((found[1] or "").upper(), Head(int(found[2]), found[3].lower()))


def _fields(line: str) -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", json.loads(line))
    except ValueError:
        fields: dict[str, Any] = dict(_FIELD.findall(line))
    if re.fullmatch(r"[1-9][0-9]{0,14}", fields.get("seq", ""), re.ASCII):
        fields["seq"] = int(fields["seq"])
    return fields


def _signature(key: bytes, fields: Mapping[str, Any]) -> str:
    signed = {name: fields[name] for name in _SIGNED}
    return hmac.new(key, json.dumps(signed, sort_keys=True).encode(), hashlib.sha256).hexdigest()


def _derived(key: str) -> bytes:
    """A key of its own, so that no signature tells anything about what seals (RFC 5869)."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"countersign: heads of the audit log")
    return hkdf.derive(base64.urlsafe_b64decode(key))
