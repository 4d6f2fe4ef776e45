"""What a fenced script shall write: plain Redis commands, all in the thread's slot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.approval import Approval
from bot.audit import Entry
from bot.delegation import Delegation
from bot.events import Event
from bot.run import JournalEntry, Kept, ThreadState
from bot.store.keys import Keys, place
from bot.store.records import APPROVAL, DELEGATION, ENTRY, EVENT, JOURNAL, STATE
from bot.store.sealer import Sealer
from bot.store.sessions import StagedSession
from bot.store.workspaces import NOW
from bot.thread import ThreadRef

#: Values of one RPUSH: Lua's stack holds some 8,000.
CHUNK: Final = 1000
#: How many of a person's requests are listed (in each shard), and for how long.
ASKED: Final = 50
ASKED_FOR: Final = timedelta(days=90)

#: Not a command of Redis: `commit.lua` gives an id the next number of its key, once.
COUNT: Final = "COUNT"
#: How many of the latest audit entries are known by id in each shard; of those before only the number is kept.
COUNTED: Final = 10_000

Value = str | bytes | int


@dataclass(frozen=True, slots=True)
class Command:
    """One Redis command: its name, its key, the rest."""

    name: str
    key: str
    arguments: tuple[Value, ...]


Write = Callable[[Keys, Sealer, ThreadRef], Sequence[Command]]


class Writes:
    """Collects writes; the inbox turns them into commands when it knows the thread."""

    def __init__(self) -> None:
        self._writes: list[Write] = []

    def commands(self, keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
        """The commands, in the order they were asked for."""
        return [command for write in self._writes for command in write(keys, sealer, thread)]

    def add(self, other: Writes) -> Writes:
        """Write what another one collected as well."""
        self._writes += other._writes
        return self

    def state(self, state: ThreadState) -> Writes:
        """Write the thread's row."""
        return self._add(
            lambda k, s, t: [Command("SET", k.state(t), (STATE.dump(s, state, place(k.state(t))),))]
        )

    def run(self, snapshot: bytes | None) -> Writes:
        """Keep the snapshot of the thread's run; None drops it."""
        if snapshot is None:
            return self._add(lambda k, s, t: [Command("DEL", k.run(t), ())])
        text = snapshot.decode()
        return self._add(lambda k, s, t: [Command("SET", k.run(t), (s.seal("run", text, place(k.run(t))),))])

    def workspace(self, kept: Kept) -> Writes:
        """Let the workspace count that `Workspaces.stage` has written, and no other."""

        def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
            key = keys.files(thread)
            body = {"name": kept.name, "parts": kept.parts, "size": kept.size}
            gone = [kept.replaces[at : at + CHUNK] for at in range(0, len(kept.replaces), CHUNK)]
            return [
                Command("HSET", key, (NOW, sealer.seal("files", body, place(key, NOW)))),
                *(Command("HDEL", key, fields) for fields in gone),
                Command("DEL", keys.workspace(thread), ()),
            ]

        return self._add(write)

    def approval(self, approval: Approval) -> Writes:
        """Write an approval, and keep the lists of those that wait and of who asked for what."""
        since = int(approval.requested_at.timestamp())

        def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
            shard = keys.shard(thread)
            pending, asked = keys.pending(shard), keys.asked(shard, thread.team, approval.requester)
            if approval.is_final:
                listed = Command("ZREM", pending, (approval.id,))
            else:
                listed = Command("ZADD", pending, (since, approval.id))
            own, approved = keys.approval(approval.id), keys.approved(shard)
            if approval.has_yet_to_run:
                due = Command(
                    "ZADD",
                    approved,
                    (int((approval.closed_at or approval.requested_at).timestamp()), approval.id),
                )
            else:
                due = Command("ZREM", approved, (approval.id,))
            return [
                Command("SET", own, (APPROVAL.dump(sealer, approval, place(own)),)),
                listed,
                due,
                Command("ZADD", asked, (since, approval.id)),
                Command("ZREMRANGEBYRANK", asked, (0, -ASKED - 1)),
                Command("PEXPIRE", asked, (int(ASKED_FOR / timedelta(milliseconds=1)),)),
            ]

        return self._add(write)

    def audit(self, entry: Entry) -> Writes:
        """Put an entry on record, and count it."""

        def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
            shard = keys.shard(thread)
            outbox, counted = keys.outbox(shard), keys.audited(shard, entry.team)
            return [
                Command("HSET", outbox, (entry.id, ENTRY.dump(sealer, entry, place(outbox, entry.id)))),
                Command(COUNT, counted, (entry.id,)),
                Command("ZREMRANGEBYRANK", counted, (0, -COUNTED - 1)),
            ]

        return self._add(write)

    def delegation(self, delegation: Delegation | None) -> Writes:
        """Keep who stands in for the person whose Home is worked on; None for nobody."""
        if delegation is None:
            return self._add(lambda k, s, t: [Command("DEL", k.delegation(t), ())])

        def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
            key = keys.delegation(thread)
            return [Command("SET", key, (DELEGATION.dump(sealer, delegation, place(key)),))]

        return self._add(write)

    def timer(self, event_id: str, event: Event, *, at: datetime) -> Writes:
        """Let an event join the inbox at a moment."""
        ms = int(at.timestamp() * 1000)
        return self._add(
            lambda k, s, t: [
                Command("ZADD", k.timers(t), (ms, event_id)),
                Command("HSET", k.events(t), (event_id, EVENT.dump(s, event, place(k.events(t), event_id)))),
            ]
        )

    def cancel_timer(self, event_id: str) -> Writes:
        """Forget a timer; one that is in the inbox already comes up as an event without content."""
        return self._add(
            lambda k, s, t: [
                Command("ZREM", k.timers(t), (event_id,)),
                Command("HDEL", k.events(t), (event_id,)),
            ]
        )

    def journal(self, effect: str, entry: JournalEntry) -> Writes:
        """Note how far a side effect has come."""

        def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
            key = keys.journal(thread)
            return [Command("HSET", key, (effect, JOURNAL.dump(sealer, entry, place(key, effect))))]

        return self._add(write)

    def forget_effect(self, effect: str) -> Writes:
        """Drop what was noted of one side effect: it was not begun after all."""
        return self._add(lambda k, s, t: [Command("HDEL", k.journal(t), (effect,))])

    def forget_effects(self) -> Writes:
        """Drop the journal of a run that is over: its keys name the run, so no other looks for them."""
        return self._add(lambda k, s, t: [Command("DEL", k.journal(t), ())])

    def session(self, session: StagedSession) -> Writes:
        """Write what the session has staged; call its `mark_saved` when that has succeeded."""

        def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
            key = keys.session(thread)
            if not session.changed:
                return []
            # A script that redis-py sends again must change nothing: cut to a length, then add.
            cut = Command("LTRIM", key, (0, session.kept - 1)) if session.kept else Command("DEL", key, ())
            commands = [cut]
            numbered = enumerate(session.staged, start=session.kept)
            items = [sealer.seal("item", item, place(key, index)) for index, item in numbered]
            for at in range(0, len(items), CHUNK):
                commands.append(Command("RPUSH", key, tuple(items[at : at + CHUNK])))
            return commands

        return self._add(write)

    def forget(self, *, keep_files: bool = False) -> Writes:
        """Drop conversation, run, journal and workspace; approvals stay, for late clicks."""

        def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
            dropped = [keys.session(thread), keys.run(thread), keys.journal(thread)]
            if not keep_files:
                dropped += [keys.workspace(thread), keys.files(thread)]
            return [Command("DEL", key, ()) for key in dropped]

        return self._add(write)

    def _add(self, write: Write) -> Writes:
        self._writes.append(write)
        return self
