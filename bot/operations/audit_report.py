"""`countersign audit`: check the chain, and hand it out."""

from __future__ import annotations

import contextlib
import csv
import json
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from io import StringIO
from typing import Any, Final

from redis.exceptions import RedisError

from bot.domain.audit import Entry, Head, Link, Verifier, form
from bot.domain.errors import CannotStart, UnknownSchema
from bot.domain.signed_head import HeadSigner, NotAHead, NotedHead
from bot.settings.config import Settings
from bot.slack.deceptive_characters import visible
from bot.store import client
from bot.store.audit import AuditLog
from bot.store.sealer import Sealer

#: The columns of a CSV export; the details are one JSON object in the last of them.
COLUMNS: Final = (
    *("seq", "at", "team", "deed", "thread", "approval", "tool", "person", "digest", "hash"),
    "details",
)
#: What a spreadsheet would take for a formula, also in full width: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA: Final = re.compile(r"^[\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]")


class Format(StrEnum):
    """How entries are written."""

    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are wanted; what is not set does not matter. `until` is exclusive."""

    since: datetime | None = None
    until: datetime | None = None
    thread: str = ""
    person: str = ""

    def wants(self, entry: Entry) -> bool:
        """Tell whether an entry is wanted; a person also by what others did in their place."""
        people = {entry.person, entry.details.get("place", ""), entry.details.get("to", "")}
        return (
            (self.since is None or entry.at >= self.since)
            and (self.until is None or entry.at < self.until)
            and self.thread in {"", entry.thread}
            and (not self.person or self.person in people)
        )


async def verify(settings: Settings, noted: Sequence[NotedHead], say: Callable[[str], None]) -> bool:
    """Check the chain of every workspace, also against heads that were noted elsewhere.

    Says what is found, and returns whether all is right. Raises `CannotStart` where a noted head
    does not say of which of several workspaces it is.
    """
    right = True
    async with opened(settings) as (audit, teams):
        for entry_id in await audit.unreadable():
            say(f"✗ entry {entry_id}, not chained yet, cannot be opened: altered, or its key is missing")
            right = False
        heads = _by_team(noted, teams)
        for team in sorted({*teams, *heads}):
            verifier = await _verified(audit, team, heads.get(team, []))
            for problem in verifier.problems:
                say(f"✗ {team or 'the only workspace'}: {problem.text}")
            right = right and not verifier.problems
            if not verifier.problems:
                say(f"✓ {team}: {verifier.head.seq} entries, all in their place. Head: {verifier.head.hash}")
        if not teams and right:
            say("✓ nothing is on record yet")
    return right


def noted_in(settings: Settings, lines: Iterable[str], say: Callable[[str], None]) -> list[NotedHead] | None:
    """Read the lines of an anchor; says which are no head or were altered, and is None then."""
    signer, found, right = HeadSigner(settings.state_key_list), list[NotedHead](), True
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(signer.read(line))
        except NotAHead as error:
            say(f"✗ line {number} of the noted heads: {error}")
            right = False
    return found if right else None


async def export(settings: Settings, wanted: Filter, written_as: Format, say: Callable[[str], None]) -> bool:
    """Write the wanted entries, oldest first; returns whether every one could be opened."""
    complete = True
    if written_as is Format.CSV:
        say(row(COLUMNS))
    async with opened(settings) as (audit, teams):
        for team in teams:
            async for link in audit.links(team):
                if link is None:
                    complete = False
                elif wanted.wants(link.entry):
                    say(_line(link, written_as))
    return complete


def _by_team(noted: Sequence[NotedHead], teams: Sequence[str]) -> dict[str, list[Head]]:
    heads: dict[str, list[Head]] = {}
    for one in noted:
        if not one.team and len(teams) > 1:
            raise CannotStart("Several workspaces are on record: write TEAM:SEQ:HASH.")
        heads.setdefault(one.team or "".join(teams), []).append(one.head)
    return heads


async def _verified(audit: AuditLog, team: str, noted: Sequence[Head]) -> Verifier:
    verifier = Verifier(await audit.written(team), noted)
    try:
        verifier.end(await _read(audit, team, verifier))
    except UnknownSchema:
        verifier.headless()
    verifier.compare()
    return verifier


async def _read(audit: AuditLog, team: str, verifier: Verifier) -> Head:
    """Read all links, also those that a running bot adds meanwhile; raises `UnknownSchema` for the head."""
    while True:
        start = verifier.head.seq
        async for link in audit.links(team, start):
            if link is None:
                verifier.unreadable()
            else:
                verifier.read(link)
        head = await audit.head(team)
        if head.seq <= verifier.head.seq or verifier.head.seq == start:
            return head


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[tuple[AuditLog, list[str]]]:
    """Open the log, with what still waited in it chained."""
    async with client.connect(settings.redis_url.get_secret_value()) as redis:
        keys = settings.keys
        audit = AuditLog(
            redis, keys, Sealer(settings.state_key_list, read_unbound=settings.read_unbound_seals)
        )
        try:
            # A head that cannot be opened is what `verify` reports.
            with contextlib.suppress(UnknownSchema):
                await audit.chain()
        except (RedisError, OSError):
            raise CannotStart("Redis could not be reached at REDIS_URL.") from None
        yield audit, await audit.teams()


def _line(link: Link, written_as: Format) -> str:
    record: dict[str, Any] = {"seq": link.seq, "hash": link.hash, "prev": link.prev, **form(link.entry)}
    if written_as is Format.JSONL:
        return seen(json.dumps(record, ensure_ascii=False, sort_keys=True))
    record["details"] = json.dumps(record["details"], ensure_ascii=False, sort_keys=True)
    return row(tuple(str(record[column]) for column in COLUMNS))


def seen(text: str) -> str:
    """Write what a terminal would obey or hide as JSON's escapes, which mean the same to a reader."""
    return "".join(char if visible(char, keep="") == char else json.dumps(char)[1:-1] for char in text)


def row(cells: tuple[str, ...]) -> str:
    """Write one line of CSV that no spreadsheet takes for a formula."""
    out = StringIO()
    shown = [seen(cell) for cell in cells]
    csv.writer(out, lineterminator="").writerow([f"'{c}" if _FORMULA.match(c) else c for c in shown])
    return out.getvalue()
