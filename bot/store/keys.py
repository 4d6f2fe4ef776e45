"""Every Redis key, one method each. A test pins every string."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final
from zlib import crc32

from bot.domain.thread import ThreadRef

_SHARD: Final = re.compile(r"\{s\d{2}\}")
_ON_RECORD: Final = re.compile(r"\{audit:(.+)\}:(?:log|head|ids)|\{s\d{2}\}:audited:(.+)")


def place(key: str, part: str | int = "") -> str:
    """Name where a sealed value belongs, by key and field or index: moved or copied elsewhere it does not open."""
    return f"{key}\n{part}"


class Keys:
    """Builds keys under a prefix. A thread's share their shard's hash tag (`{s07}`): one script may touch them, also in a Cluster."""

    def __init__(self, prefix: str, shards: int) -> None:
        #: The first part of every key but `served`.
        self.prefix = self._prefix = prefix
        self.shards = shards
        self._tag = [f"{prefix}:{{s{shard:02d}}}" for shard in range(shards)].__getitem__
        #: The thread that was asked for last, with its shard and how its keys begin: who asks for one asks for many.
        self._latest: tuple[ThreadRef | None, int, str] = (None, 0, "")

    def shard(self, thread: ThreadRef) -> int:
        """The shard of a thread; it never changes while `shards` does not."""
        return self._at(thread)[1]

    def due(self, shard: int) -> str:
        """Sorted set: thread → its rank (below zero), or the millisecond until which it rests."""
        return f"{self._tag(shard)}:due"

    def paces(self, shard: int) -> str:
        """Sorted set: a band's person or channel → the millisecond before which they get no other rank."""
        return f"{self._tag(shard)}:paces"

    def askers(self, shard: int) -> str:
        """Hash: thread that is due → who wrote in it last."""
        return f"{self._tag(shard)}:askers"

    def alarms(self, shard: int) -> str:
        """Sorted set: thread with a rank → the millisecond of a timer of it."""
        return f"{self._tag(shard)}:alarms"

    def wake(self, shard: int) -> str:
        """List of wake-up tokens; only a hint."""
        return f"{self._tag(shard)}:wake"

    def hurry(self, shard: int) -> str:
        """The same for what overtakes: clicks, timers, resets, Home."""
        return f"{self._tag(shard)}:hurry"

    def seen(self, thread: ThreadRef, event_id: str) -> str:
        """String with a TTL: this event was accepted before."""
        return f"{self._tag(self._at(thread)[1])}:seen:{event_id}"

    def recent(self, shard: int, team: str, user: str) -> str:
        """Sorted set: the person's threads, by Slack time."""
        return f"{self._tag(shard)}:recent:{team}:{user}"

    def pending(self, shard: int) -> str:
        """Sorted set: the approvals that wait, by the second of their request."""
        return f"{self._tag(shard)}:pending"

    def approved(self, shard: int) -> str:
        """Sorted set: the approvals whose call has yet to run, by the second of the last decision."""
        return f"{self._tag(shard)}:approved"

    def questions(self, shard: int) -> str:
        """Sorted set: the approvals that wait and ask what became of a call, in the order of `for_role`."""
        return f"{self._tag(shard)}:questions"

    def for_role(self, shard: int, team: str, role: str) -> str:
        """Sorted set: the approvals that wait for a role's people, the gravest first, then the oldest."""
        return f"{self._tag(shard)}:waits:role:{team}:{role}"

    def of_requester(self, shard: int, team: str, user: str) -> str:
        """Sorted set: the approvals that wait of a person's requests, in the same order."""
        return f"{self._tag(shard)}:waits:of:{team}:{user}"

    def asked(self, shard: int, team: str, user: str) -> str:
        """Sorted set: the approvals that a person's requests led to, by second."""
        return f"{self._tag(shard)}:asked:{team}:{user}"

    def delegation(self, home: ThreadRef) -> str:
        """String: who stands in for the person whose Home this is."""
        return self._of(home, "delegation")

    def earlier(self, team: str, tool: str, what: str) -> str:
        """String with a TTL: the calls of a tool that agree in one thing, which is hashed. All pages of a tool are in one slot."""
        shard = crc32(f"{team} {tool}".encode()) % self.shards
        return f"{self._tag(shard)}:earlier:{team}:{tool}:{sha256(what.encode()).hexdigest()[:32]}"

    def used(self, home: ThreadRef, day: int) -> str:
        """Hash with a TTL: what the person whose Home this is used on a day (of Unix time, UTC)."""
        return self._of(home, f"used:{day}")

    def spent(self, shard: int, day: int, what: str) -> str:
        """Hash with a TTL: what requests of models used on a day (of Unix time, UTC), by person, channel, agent, ..."""
        return f"{self._tag(shard)}:spent:{day}:{what}"

    def spent_ids(self, shard: int) -> str:
        """Sorted set: the ids of the latest requests that were added up, by their number there."""
        return f"{self._tag(shard)}:spent:ids"

    def spent_in(self, thread: ThreadRef) -> str:
        """Hash with a TTL: what the thread's requests of models used."""
        return self._of(thread, "spent")

    def budget(self, team: str, what: str, name: str) -> str:
        """Hash with a TTL: what was spent of a budget, how far it was raised, who was told. All of a workspace's are in one slot."""
        return f"{self._tag(crc32(team.encode()) % self.shards)}:budget:{team}:{what}:{name}"

    def held(self, team: str) -> list[str]:
        """Hash: request of a model → until when, what it may cost at most, in which budgets. Sorted set: what was settled, by ms."""
        return [self.budget(team, "requests", what) for what in ("held", "settled")]

    def handled(self, thread: ThreadRef) -> str:
        """List with a TTL: what became of the thread's latest events, sealed."""
        return self._of(thread, "handled")

    def failure(self, shard: int, reference: str) -> str:
        """String with a TTL: the event whose failure people were shown with this reference, sealed."""
        return f"{self._tag(shard)}:failure:{reference}"

    def votes(self, shard: int, team: str, day: int) -> str:
        """Hash with a TTL: what people thought of answers of a day, sealed, by answer and person."""
        return f"{self._tag(shard)}:votes:{team}:{day}"

    def all_votes(self) -> str:
        """A glob that finds them."""
        return f"{self.of_shards()}}}:votes:*"

    def outbox(self, shard: int) -> str:
        """Hash: audit entries that are not chained yet, by id."""
        return f"{self._tag(shard)}:audit"

    def audited(self, shard: int, team: str) -> str:
        """Sorted set: the ids of a workspace's latest entries in this shard, by their number there."""
        return f"{self._tag(shard)}:audited:{team}"

    def audit(self, team: str) -> str:
        """List: the workspace's audit chain, oldest first."""
        return f"{self._prefix}:{{audit:{team}}}:log"

    def audit_head(self, team: str) -> str:
        """String: the last link's number and hash."""
        return f"{self._prefix}:{{audit:{team}}}:head"

    def audit_ids(self, team: str) -> str:
        """Sorted set: the ids of the latest chained entries, by their number."""
        return f"{self._prefix}:{{audit:{team}}}:ids"

    def on_record(self) -> str:
        """A glob that finds whatever is left of any workspace's record."""
        return f"{self._prefix}:*audit*:*"

    def team_on_record(self, key: str) -> str | None:
        """The workspace of a key of the record; None for any other key."""
        found = _ON_RECORD.fullmatch(key.removeprefix(f"{self._prefix}:"))
        return (found[1] or found[2]) if found else None

    def heard(self) -> str:
        """String: the second of Unix time up to which everything was read from Slack's history."""
        return f"{self._prefix}:heard"

    def hearers(self) -> str:
        """Sorted set: replica → the second up to which it heard all that Slack had for it."""
        return f"{self._prefix}:hearers"

    def follow_ups(self) -> str:
        """Sorted set: "thread ts" of words in threads that are not known, by that `ts`."""
        return f"{self._prefix}:follow_ups"

    def epoch(self) -> str:
        """Hash: which Redis process the bot met last, and since when."""
        return f"{self._prefix}:epoch"

    def canary(self) -> str:
        """String: something sealed, to tell at start whether the keys open what is stored."""
        return f"{self._prefix}:canary"

    def trial(self) -> str:
        """String: written to try out what Redis confirms; it means nothing."""
        return f"{self._prefix}:trial"

    def roster(self) -> str:
        """Hash: the replicas that live, each with the millisecond until which that holds; what all share."""
        return f"{self._prefix}:roster"

    def served(self, team: str, bot: str) -> str:
        """String: the prefix under which this bot of a workspace stores. The one key without a prefix."""
        return f"countersign:served:{team}:{bot}"

    def of_shards(self) -> str:
        """A glob that finds whatever is stored in any shard."""
        return f"{self._prefix}:{{s*"

    def sandboxes(self) -> str:
        """Sorted set: "sandbox thread", by the millisecond at which it is ended from outside."""
        return f"{self._prefix}:sandboxes"

    def slack_calls(self, method: str, channel: str) -> list[str]:
        """What all replicas know of a method's calls, of posts in one channel, each with a TTL. Hash: how many may follow at once,
        and until when Slack takes none. Sorted sets: who waits, first first; message → the millisecond of its last edit."""
        tag = f"{self._prefix}:{{pace:{method}:{channel}}}"
        return [f"{tag}:rate", f"{tag}:line", f"{tag}:edited"]

    def restoring(self) -> str:
        """String: a backup is being written here; no replica may serve what is there in part."""
        return f"{self._prefix}:restoring"

    def filling(self) -> str:
        """String with a TTL: a replica is looking up what was missed."""
        return f"{self._prefix}:filling"

    def approval(self, approval_id: str) -> str:
        """String: one approval; its id begins with its shard. Raises `ValueError` for other ids."""
        shard, _, name = approval_id.partition("-")
        if not (shard.isdigit() and name and int(shard) < self.shards and approval_id.isascii()):
            raise ValueError("not an approval id")
        return f"{self._tag(int(shard))}:approval:{approval_id}"

    def row(self, thread: ThreadRef) -> str:
        """Hash: fence, owner, lease of a thread, commits under it, the last of all, tries of its events, which one runs, answers in a row."""
        return self._of(thread, "row")

    def row_beside(self, key: str) -> str | None:
        """The row of the thread that a key belongs to; None for a key that is no thread's."""
        shard, _, rest = key.removeprefix(f"{self._prefix}:").partition(":")
        thread, _, name = rest.rpartition(":")
        is_a_threads = _SHARD.fullmatch(shard) and thread.count("/") == 2 and name
        return f"{self._prefix}:{shard}:{thread}:row" if is_a_threads else None

    def inbox(self, thread: ThreadRef) -> str:
        """Sorted set: event ids by lane, then by Slack time."""
        return self._of(thread, "inbox")

    def timers(self, thread: ThreadRef) -> str:
        """Sorted set: event ids by the millisecond at which they join the inbox."""
        return self._of(thread, "timers")

    def events(self, thread: ThreadRef) -> str:
        """Hash: event id → sealed event, for inbox and timers."""
        return self._of(thread, "events")

    def state(self, thread: ThreadRef) -> str:
        """String: the thread's sealed state."""
        return self._of(thread, "state")

    def session(self, thread: ThreadRef) -> str:
        """List: the sealed items of the conversation."""
        return self._of(thread, "session")

    def memory(self, thread: ThreadRef) -> str:
        """String: what is remembered, sealed, of the beginning of the conversation."""
        return self._of(thread, "memory")

    def words(self, thread: ThreadRef) -> str:
        """Hash: text that a model was given of people, hashed → whose words are where in it, sealed."""
        return self._of(thread, "words")

    def run(self, thread: ThreadRef) -> str:
        """String: the sealed snapshot of the thread's run."""
        return self._of(thread, "run")

    def workspace(self, thread: ThreadRef) -> str:
        """String: the sealed archive of the thread's workspace, as it was written before `files`."""
        return self._of(thread, "workspace")

    def files(self, thread: ThreadRef) -> str:
        """Hash: the thread's workspace in sealed parts, and `now`, which says which of them count."""
        return self._of(thread, "files")

    def journal(self, thread: ThreadRef) -> str:
        """Hash: side effect → what is known of its outcome, sealed."""
        return self._of(thread, "journal")

    def moving(self, thread: ThreadRef) -> list[str]:
        """The keys of the scripts that move a thread in its line, in the order of `thread.lua`."""
        shard = self.shard(thread)
        first = (self.due(shard), self.row(thread), self.inbox(thread), self.paces(shard), self.askers(shard))
        woken = (self.wake(shard), self.hurry(shard), self.timers(thread), self.events(thread))
        return [*first, *woken, self.alarms(shard)]

    def _of(self, thread: ThreadRef, name: str) -> str:
        return self._at(thread)[2] + name

    def _at(self, thread: ThreadRef) -> tuple[ThreadRef | None, int, str]:
        if (latest := self._latest)[0] is not thread:
            shard = crc32((name := str(thread)).encode()) % self.shards
            latest = self._latest = (thread, shard, f"{self._tag(shard)}:{name}:")
        return latest
