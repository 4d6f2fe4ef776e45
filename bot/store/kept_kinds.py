"""What of each kind of key a backup keeps, and why; a kind that is not listed here fails a test."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bot.domain.thread import ThreadRef
from bot.store.keys import Keys


class Kept(Enum):
    """Whether a backup has a kind of key, and in which order it is read while replicas go on working.

    What was seen before is read before the threads: a message that comes meanwhile may be handled twice, never
    left out. What is counted and what is on record is read behind them: it may know more than they do, never less.
    """

    FIRST = "before the threads"
    THREAD = "with its thread, all of which is of one moment"
    LAST = "behind the threads"
    RECORD = "behind all others, page by page"
    ANEW = "no: it is made anew from what is kept"
    NO = "no: it means something for a moment alone"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of key: the method of `Keys` that names it, what of it is kept, and how to know one, without its prefix."""

    name: str
    kept: Kept
    pattern: str


#: How the names of keys of a shard begin, without the prefix.
OF_A_SHARD: Final = r"[{]s\d{2}[}]:"
_THREAD: Final = OF_A_SHARD + r"[^:/]+/[^:/]+/[^:/]+:"


def _of_threads(*names: str) -> list[Kind]:
    return [Kind(name, Kept.THREAD, _THREAD + name) for name in names]


#: In the order in which a key is looked for: the first that fits.
KINDS: Final = (
    Kind("seen", Kept.FIRST, OF_A_SHARD + "seen:.+"),
    Kind("heard", Kept.FIRST, "heard"),
    Kind("follow_ups", Kept.FIRST, "follow_ups"),
    Kind("approval", Kept.THREAD, OF_A_SHARD + r"approval:.+"),
    Kind("due", Kept.THREAD, OF_A_SHARD + "due"),
    Kind("askers", Kept.THREAD, OF_A_SHARD + "askers"),
    Kind("alarms", Kept.THREAD, OF_A_SHARD + "alarms"),
    Kind("recent", Kept.LAST, OF_A_SHARD + "recent:.+"),
    Kind("for_role", Kept.ANEW, OF_A_SHARD + "waits:role:.+"),
    Kind("of_requester", Kept.ANEW, OF_A_SHARD + "waits:of:.+"),
    Kind("pending", Kept.ANEW, OF_A_SHARD + "pending"),
    Kind("approved", Kept.ANEW, OF_A_SHARD + "approved"),
    Kind("questions", Kept.ANEW, OF_A_SHARD + "questions"),
    Kind("asked", Kept.LAST, OF_A_SHARD + "asked:.+"),
    Kind("earlier", Kept.LAST, OF_A_SHARD + "earlier:.+"),
    Kind("spent_ids", Kept.LAST, OF_A_SHARD + "spent:ids"),
    Kind("spent", Kept.LAST, OF_A_SHARD + r"spent:\d+:.+"),
    Kind("held", Kept.NO, OF_A_SHARD + "budget:[^:]+:requests:(?:held|settled)"),
    Kind("budget", Kept.LAST, OF_A_SHARD + "budget:.+"),
    Kind("votes", Kept.LAST, OF_A_SHARD + "votes:.+"),
    Kind("used", Kept.LAST, _THREAD + r"used:\d+"),
    *_of_threads("row", "state", "inbox", "timers", "events", "session", "memory", "run"),
    *_of_threads("workspace", "files", "journal", "delegation", "words", "handled"),
    Kind("spent_in", Kept.THREAD, _THREAD + "spent"),
    Kind("failure", Kept.LAST, OF_A_SHARD + "failure:.+"),
    Kind("outbox", Kept.RECORD, OF_A_SHARD + "audit"),
    Kind("audited", Kept.RECORD, OF_A_SHARD + "audited:.+"),
    Kind("audit", Kept.RECORD, r"\{audit:.+\}:log"),
    Kind("audit_head", Kept.RECORD, r"\{audit:.+\}:head"),
    Kind("audit_ids", Kept.RECORD, r"\{audit:.+\}:ids"),
    Kind("canary", Kept.LAST, "canary"),
    Kind("sandboxes", Kept.LAST, "sandboxes"),
    # Of the roster, what all replicas share, as the policies that count; no replica.
    Kind("roster", Kept.LAST, "roster"),
    Kind("epoch", Kept.ANEW, "epoch"),
    Kind("restoring", Kept.NO, "restoring"),
    Kind("served", Kept.ANEW, "countersign:served:.+"),
    Kind("paces", Kept.NO, OF_A_SHARD + "paces"),
    Kind("wake", Kept.NO, OF_A_SHARD + "wake"),
    Kind("hurry", Kept.NO, OF_A_SHARD + "hurry"),
    Kind("hearers", Kept.NO, "hearers"),
    Kind("trial", Kept.NO, "trial"),
    Kind("filling", Kept.NO, "filling"),
    Kind("slack_calls", Kept.NO, r"\{pace:.+\}:(?:rate|line|edited)"),
)
_KNOWN: Final = [(re.compile(kind.pattern, re.DOTALL), kind) for kind in KINDS]
#: What a replica writes into the row of a thread while it holds it.
OF_A_LEASE: Final = (b"owner", b"lease", b"commits")


def kind_of(name: str) -> Kind | None:
    """The kind of a key, by its name without the prefix; None for one that nobody has listed."""
    return next((kind for pattern, kind in _KNOWN if pattern.fullmatch(name)), None)


def name_of(keys: Keys, key: bytes) -> str:
    """A key without the prefix."""
    return key.decode(errors="surrogateescape").removeprefix(f"{keys.prefix}:")


def named(keys: Keys, name: str) -> str:
    """The key of such a name."""
    return f"{keys.prefix}:{name}"


def thread_of(name: str) -> ThreadRef:
    """The thread that a name of one of its keys says."""
    return ThreadRef.parse(name.split(":")[1])


def of_thread(keys: Keys, thread: ThreadRef) -> list[str]:
    """All keys of a thread that are kept together, its state first."""
    found = [keys.state, keys.row, keys.inbox, keys.timers, keys.events, keys.session, keys.memory, keys.run]
    found += [keys.workspace, keys.files, keys.journal, keys.delegation, keys.spent_in]
    found += [keys.words, keys.handled]
    return [key(thread) for key in found]
