"""What a fenced script shall write: plain Redis commands, all in the thread's slot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bot.domain.approvals.approval import Approval
from bot.domain.approvals.delegation import Delegation
from bot.domain.audit import Entry
from bot.domain.events import Event
from bot.domain.kept_workspace import Kept
from bot.domain.run import JournalEntry, ThreadState
from bot.domain.thread import ThreadRef
from bot.domain.usage import Dimension, Spent, figures, usage_of
from bot.domain.weight import is_little
from bot.store.keys import Keys, place
from bot.store.records import APPROVAL, DELEGATION, ENTRY, EVENT, JOURNAL, MEMORY, STATE
from bot.store.sealer import Sealer
from bot.store.sessions import StagedSession
from bot.store.waiting import lists_of, rank
from bot.store.workspaces import NOW

#: Values of one RPUSH: Lua's stack holds some 8,000.
CHUNK: Final = 1000
#: How many of a person's requests are listed (in each shard), and for how long.
ASKED: Final = 50
ASKED_FOR: Final = timedelta(days=90)

#: Not a command of Redis: `commit.lua` gives an id the next number of its key, once.
COUNT: Final = "COUNT"
#: How many of the latest audit entries are known by id in each shard; of those before only the number is kept.
COUNTED: Final = 10_000

#: Nor is this: `write.lua` takes events out of the inbox that nobody has ever claimed.
LEAVE: Final = "LEAVE"

#: Nor is this: `write.lua` adds figures to a line, if the id that was counted before it was new.
USE: Final = "USE"
#: For how long usage is kept: a quarter, and the rest of its last day.
USAGE_KEPT: Final = timedelta(days=93)
#: How many of the latest requests are known by id in each shard: what is sent again is sent within seconds.
REQUESTS_KNOWN: Final = 2_000
#: How many fields a day's hash may have: eight for each of two thousand names.
MOST_FIELDS: Final = 16_000

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
        self._sealed: list[Any] = []
        self._may_be_large = False  # whether there is more of it than is seen there

    @property
    def is_little(self) -> bool:
        """Whether the commands are made in less than a millisecond."""
        return not self._may_be_large and is_little(self._sealed)

    def commands(self, keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
        """The commands, in the order they were asked for."""
        return [command for write in self._writes for command in write(keys, sealer, thread)]

    def add(self, other: Writes) -> Writes:
        """Write what another one collected as well."""
        self._writes += other._writes
        self._sealed += other._sealed
        self._may_be_large = self._may_be_large or other._may_be_large
        return self

    def state(self, state: ThreadState) -> Writes:
        """Write the thread's row."""
        return self._add(
            lambda k, s, t: [Command("SET", k.state(t), (STATE.dump(s, state, place(k.state(t))),))], state
        )

    def told(self, ts: str) -> Writes:
        """Note the message that says that the thread's message waits."""
        return self._add(lambda k, s, t: [Command("HSET", k.row(t), ("told_ts", ts))])

    def run(self, snapshot: bytes | None) -> Writes:
        """Keep the snapshot of the thread's run; None drops it."""
        if snapshot is None:
            return self._add(lambda k, s, t: [Command("DEL", k.run(t), ())])
        text = snapshot.decode()
        return self._add(
            lambda k, s, t: [Command("SET", k.run(t), (s.seal("run", text, place(k.run(t))),))], text
        )

    def workspace(self, kept: Kept) -> Writes:
        """Let the workspace count that `Workspaces.stage` has written, and no other."""

        def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
            key = keys.files(thread)
            body = {"name": kept.name, "parts": kept.parts, "size": kept.size, "authors": [*kept.authors]}
            gone = [kept.replaces[at : at + CHUNK] for at in range(0, len(kept.replaces), CHUNK)]
            return [
                Command("HSET", key, (NOW, sealer.seal("files", body, place(key, NOW)))),
                *(Command("HDEL", key, fields) for fields in gone),
                Command("DEL", keys.workspace(thread), ()),
            ]

        return self._add(write, kept)

    def approval(self, approval: Approval) -> Writes:
        """Write an approval, and keep the lists of those that wait and of who asked for what."""
        since = int(approval.requested_at.timestamp())

        def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
            shard = keys.shard(thread)
            pending, asked = keys.pending(shard), keys.asked(shard, thread.team, approval.requester)
            lists = lists_of(keys, shard, approval)
            if approval.is_final:
                listed = [Command("ZREM", key, (approval.id,)) for key in (pending, *lists)]
            else:
                listed = [Command("ZADD", pending, (since, approval.id))]
                listed += [Command("ZADD", key, (rank(approval), approval.id)) for key in lists]
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
                *listed,
                due,
                Command("ZADD", asked, (since, approval.id)),
                Command("ZREMRANGEBYRANK", asked, (0, -ASKED - 1)),
                Command("PEXPIRE", asked, (int(ASKED_FOR / timedelta(milliseconds=1)),)),
            ]

        return self._add(write, approval)

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

        return self._add(write, entry)

    def usage(self, spent: Sequence[Spent]) -> Writes:
        """Add up what requests of models used, each once."""

        def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
            return [command for one in spent for command in added_up(keys, thread, one)]

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
        self._add(lambda k, s, t: [Command("ZADD", k.timers(t), (ms, event_id))])
        return self.event(event_id, event)

    def event(self, event_id: str, event: Event) -> Writes:
        """Keep what an event is, or what one that is being handled is by now."""
        return self._add(
            lambda k, s, t: [
                Command("HSET", k.events(t), (event_id, EVENT.dump(s, event, place(k.events(t), event_id))))
            ],
            event,
        )

    def cancel_timers(self, *ids: str) -> Writes:
        """Forget timers, those too that have rung; one that somebody has claimed before comes up without content."""
        return self._add(
            lambda k, s, t: [
                Command("ZREM", k.timers(t), ids),
                Command("HDEL", k.events(t), ids),
                Command(LEAVE, k.inbox(t), ids),
            ]
        )

    def journal(self, effect: str, entry: JournalEntry) -> Writes:
        """Note how far a side effect has come."""

        def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
            key = keys.journal(thread)
            return [Command("HSET", key, (effect, JOURNAL.dump(sealer, entry, place(key, effect))))]

        return self._add(write, entry)

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
            beside = _memory(keys.memory(thread), sealer, session)
            if not session.changed:
                return beside
            # A script that redis-py sends again must change nothing: cut to a length, then add.
            cut = Command("LTRIM", key, (0, session.kept - 1)) if session.kept else Command("DEL", key, ())
            commands = [cut]
            numbered = enumerate(session.staged, start=session.kept)
            items = [sealer.seal("item", item, place(key, index)) for index, item in numbered]
            for at in range(0, len(items), CHUNK):
                commands.append(Command("RPUSH", key, tuple(items[at : at + CHUNK])))
            return [*commands, *beside]

        return self._add(write, session.staged, session.remembered)

    def what(self, write: Write, *sealed: Any) -> Writes:
        """Write what a function says, which knows its own kind of record; of that nothing is known but what it `sealed`."""
        self._may_be_large = self._may_be_large or not sealed
        return self._add(write, *sealed)

    def forget(self, *, keep_files: bool = False) -> Writes:
        """Drop conversation, run, journal and workspace; approvals stay, for late clicks."""

        def write(keys: Keys, sealer: Sealer, thread: ThreadRef) -> list[Command]:
            conversation = [keys.session(thread), keys.memory(thread)]
            dropped = [*conversation, keys.words(thread), keys.run(thread), keys.journal(thread)]
            if not keep_files:
                dropped += [keys.workspace(thread), keys.files(thread)]
            return [Command("DEL", key, ()) for key in dropped]

        return self._add(write)

    def _add(self, write: Write, *sealed: Any) -> Writes:
        self._writes.append(write)
        self._sealed += sealed
        return self


def added_up(keys: Keys, thread: ThreadRef, spent: Spent) -> list[Command]:
    """One request, added to the lines of its day and to its thread's: once, however often it is sent."""
    shard, account, ids = keys.shard(thread), spent.account, keys.spent_ids(keys.shard(thread))
    names = {
        Dimension.PERSON: spent.person,
        Dimension.CHANNEL: thread.channel,
        Dimension.THREAD: str(thread),
        Dimension.AGENT: account.agent,
        Dimension.MODEL: account.model,
        Dimension.KIND: account.kind.value,
    }
    lines = [(keys.spent(shard, spent.day, what.value), name) for what, name in names.items()]
    pairs = [part for figure in figures(usage_of(spent)).items() for part in figure]
    kept = int(USAGE_KEPT / timedelta(milliseconds=1))
    return [
        Command(COUNT, ids, (spent.id,)),
        *(
            Command(USE, key, (name, kept, MOST_FIELDS, *pairs))
            for key, name in [*lines, (keys.spent_in(thread), "")]
        ),
        Command("ZREMRANGEBYRANK", ids, (0, -REQUESTS_KNOWN - 1)),
    ]


def _memory(key: str, sealer: Sealer, session: StagedSession) -> list[Command]:
    if session.remembered is not None:
        return [Command("SET", key, (MEMORY.dump(sealer, session.remembered, place(key)),))]
    return [Command("DEL", key, ())] if session.forgets else []
