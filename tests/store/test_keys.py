"""The names of what is stored: a change here loses what running bots have stored."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import bot.store
from bot.domain.thread import ThreadRef
from bot.store.keys import Keys

THREAD = ThreadRef("T1", "C1", "1795435200.000100")


def test_every_key_is_pinned() -> None:
    keys = Keys("cs", 4)

    assert keys.shard(THREAD) == 2
    assert [
        keys.due(2),
        keys.wake(2),
        keys.hurry(2),
        keys.paces(2),
        keys.askers(2),
        keys.alarms(2),
        keys.used(ThreadRef.home("T1", "U1"), 20_783),
        keys.earlier("T1", "issue_refund", "invoice_id\nINV-1003"),
        keys.budget("T1", "person", "20783:U1"),
        *keys.held("T1"),
        keys.seen(THREAD, "msg:C1:1.1"),
        keys.recent(2, "T1", "U1"),
        keys.pending(2),
        keys.for_role(2, "T1", "finance"),
        keys.of_requester(2, "T1", "U1"),
        keys.asked(2, "T1", "U1"),
        keys.approved(2),
        keys.questions(2),
        keys.spent(2, 20_783, "person"),
        keys.spent_ids(2),
        keys.spent_in(THREAD),
        keys.outbox(2),
        keys.audited(2, "T1"),
        keys.handled(THREAD),
        keys.failure(2, "abc"),
        keys.votes(2, "T1", 20_783),
        keys.all_votes(),
        keys.audit("T1"),
        keys.audit_head("T1"),
        keys.audit_ids("T1"),
        keys.delegation(ThreadRef.home("T1", "U1")),
        keys.heard(),
        keys.hearers(),
        keys.follow_ups(),
        keys.epoch(),
        keys.filling(),
        keys.restoring(),
        *keys.slack_calls("chat.postMessage", "C1"),
        keys.canary(),
        keys.approval("02-abc"),
        keys.row(THREAD),
        keys.inbox(THREAD),
        keys.timers(THREAD),
        keys.events(THREAD),
        keys.state(THREAD),
        keys.session(THREAD),
        keys.memory(THREAD),
        keys.words(THREAD),
        keys.run(THREAD),
        keys.journal(THREAD),
        keys.workspace(THREAD),
        keys.files(THREAD),
        keys.trial(),
        keys.sandboxes(),
        keys.roster(),
        keys.served("T1", "U1"),
        keys.of_shards(),
    ] == [
        "cs:{s02}:due",
        "cs:{s02}:wake",
        "cs:{s02}:hurry",
        "cs:{s02}:paces",
        "cs:{s02}:askers",
        "cs:{s02}:alarms",
        "cs:{s01}:T1/home/U1:used:20783",
        "cs:{s01}:earlier:T1:issue_refund:5e6a56d5c249fabbeaec56056fabb964",
        "cs:{s01}:budget:T1:person:20783:U1",
        "cs:{s01}:budget:T1:requests:held",
        "cs:{s01}:budget:T1:requests:settled",
        "cs:{s02}:seen:msg:C1:1.1",
        "cs:{s02}:recent:T1:U1",
        "cs:{s02}:pending",
        "cs:{s02}:waits:role:T1:finance",
        "cs:{s02}:waits:of:T1:U1",
        "cs:{s02}:asked:T1:U1",
        "cs:{s02}:approved",
        "cs:{s02}:questions",
        "cs:{s02}:spent:20783:person",
        "cs:{s02}:spent:ids",
        "cs:{s02}:T1/C1/1795435200.000100:spent",
        "cs:{s02}:audit",
        "cs:{s02}:audited:T1",
        "cs:{s02}:T1/C1/1795435200.000100:handled",
        "cs:{s02}:failure:abc",
        "cs:{s02}:votes:T1:20783",
        "cs:{s*}:votes:*",
        "cs:{audit:T1}:log",
        "cs:{audit:T1}:head",
        "cs:{audit:T1}:ids",
        "cs:{s01}:T1/home/U1:delegation",
        "cs:heard",
        "cs:hearers",
        "cs:follow_ups",
        "cs:epoch",
        "cs:filling",
        "cs:restoring",
        "cs:{pace:chat.postMessage:C1}:rate",
        "cs:{pace:chat.postMessage:C1}:line",
        "cs:{pace:chat.postMessage:C1}:edited",
        "cs:canary",
        "cs:{s02}:approval:02-abc",
        "cs:{s02}:T1/C1/1795435200.000100:row",
        "cs:{s02}:T1/C1/1795435200.000100:inbox",
        "cs:{s02}:T1/C1/1795435200.000100:timers",
        "cs:{s02}:T1/C1/1795435200.000100:events",
        "cs:{s02}:T1/C1/1795435200.000100:state",
        "cs:{s02}:T1/C1/1795435200.000100:session",
        "cs:{s02}:T1/C1/1795435200.000100:memory",
        "cs:{s02}:T1/C1/1795435200.000100:words",
        "cs:{s02}:T1/C1/1795435200.000100:run",
        "cs:{s02}:T1/C1/1795435200.000100:journal",
        "cs:{s02}:T1/C1/1795435200.000100:workspace",
        "cs:{s02}:T1/C1/1795435200.000100:files",
        "cs:trial",
        "cs:sandboxes",
        "cs:roster",
        "countersign:served:T1:U1",
        "cs:{s*",
    ]


def test_the_row_beside_a_key_is_that_of_its_thread() -> None:
    keys = Keys("cs", 4)
    of_thread = [keys.session, keys.state, keys.files, keys.row]

    assert {keys.row_beside(key(THREAD)) for key in of_thread} == {keys.row(THREAD)}
    others = [keys.approval("02-abc"), keys.canary(), keys.outbox(2), keys.audit("T1"), keys.roster()]
    assert {keys.row_beside(key) for key in others} == {None}


def test_no_method_of_keys_is_left_out_of_the_pins() -> None:
    assert {name for name in vars(Keys) if not name.startswith("_")} == {
        *(
            "shard",
            "due",
            "wake",
            "hurry",
            "paces",
            "askers",
            "alarms",
            "seen",
            "slack_calls",
            "recent",
            "approval",
            "pending",
            "for_role",
            "of_requester",
            "asked",
            "approved",
            "questions",
        ),
        *("spent", "spent_ids", "spent_in"),
        *("budget", "held", "handled", "failure"),
        *("outbox", "audited", "on_record", "team_on_record"),
        *(
            "audit",
            "audit_head",
            "audit_ids",
            "delegation",
            "heard",
            "hearers",
            "epoch",
            "follow_ups",
            "filling",
            "restoring",
            "canary",
            "used",
            "earlier",
        ),
        *(
            "row",
            "row_beside",
            "inbox",
            "timers",
            "events",
            "state",
            "session",
            "memory",
            "words",
            "run",
            "journal",
        ),
        *("moving",),
        *(
            "workspace",
            "files",
            "sandboxes",
            "trial",
            "votes",
            "all_votes",
            "roster",
            "served",
            "of_shards",
        ),
    }


def test_the_keys_that_move_a_thread_have_the_order_of_the_script() -> None:
    keys = Keys("cs", 4)
    script = (Path(bot.store.__file__).parent / "lua/thread.lua").read_text(encoding="utf-8")
    order = re.search(r"^-- KEYS: (.*?) \.\.\.", script, re.MULTILINE)

    assert order is not None
    named = [key.rpartition(":")[2] for key in keys.moving(THREAD)]
    assert named == order[1].split()


@pytest.mark.parametrize("shards", [1, 4, 64])
def test_all_keys_of_a_thread_lie_in_one_slot(shards: int) -> None:
    keys = Keys("cs", shards)
    tag = f"{{s{keys.shard(THREAD):02d}}}"

    of_thread = [
        keys.row,
        keys.inbox,
        keys.timers,
        keys.events,
        keys.state,
        keys.session,
        keys.run,
        keys.journal,
        keys.workspace,
    ]
    assert all(tag in key(THREAD) for key in of_thread)
    assert tag in keys.seen(THREAD, "e")


def test_whatever_is_left_of_a_record_says_of_which_workspace_it_is() -> None:
    keys = Keys("cs", 4)
    of_record = [keys.audit("T1"), keys.audit_head("T1"), keys.audit_ids("T1"), keys.audited(3, "T1")]
    others = [
        keys.outbox(3),
        keys.state(THREAD),
        keys.asked(1, "audited:T1", "U1"),
        Keys("other", 4).audit("T1"),
    ]

    assert {keys.team_on_record(key) for key in of_record} == {"T1"}
    assert {keys.team_on_record(key) for key in others} == {None}
    assert all(fnmatchcase(key, keys.on_record()) for key in of_record)
