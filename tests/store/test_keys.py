"""The names of what is stored: a change here loses what running bots have stored."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from bot.store.keys import Keys
from bot.thread import ThreadRef

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
        keys.seen(THREAD, "msg:C1:1.1"),
        keys.recent(2, "T1", "U1"),
        keys.pending(2),
        keys.asked(2, "T1", "U1"),
        keys.approved(2),
        keys.outbox(2),
        keys.audited(2, "T1"),
        keys.audit("T1"),
        keys.audit_head("T1"),
        keys.audit_ids("T1"),
        keys.delegation(ThreadRef.home("T1", "U1")),
        keys.heard(),
        keys.hearers(),
        keys.follow_ups(),
        keys.epoch(),
        keys.filling(),
        keys.canary(),
        keys.approval("02-abc"),
        keys.row(THREAD),
        keys.inbox(THREAD),
        keys.timers(THREAD),
        keys.events(THREAD),
        keys.state(THREAD),
        keys.session(THREAD),
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
        "cs:{s02}:seen:msg:C1:1.1",
        "cs:{s02}:recent:T1:U1",
        "cs:{s02}:pending",
        "cs:{s02}:asked:T1:U1",
        "cs:{s02}:approved",
        "cs:{s02}:audit",
        "cs:{s02}:audited:T1",
        "cs:{audit:T1}:log",
        "cs:{audit:T1}:head",
        "cs:{audit:T1}:ids",
        "cs:{s01}:T1/home/U1:delegation",
        "cs:heard",
        "cs:hearers",
        "cs:follow_ups",
        "cs:epoch",
        "cs:filling",
        "cs:canary",
        "cs:{s02}:approval:02-abc",
        "cs:{s02}:T1/C1/1795435200.000100:row",
        "cs:{s02}:T1/C1/1795435200.000100:inbox",
        "cs:{s02}:T1/C1/1795435200.000100:timers",
        "cs:{s02}:T1/C1/1795435200.000100:events",
        "cs:{s02}:T1/C1/1795435200.000100:state",
        "cs:{s02}:T1/C1/1795435200.000100:session",
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
            "recent",
            "approval",
            "pending",
            "asked",
            "approved",
        ),
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
            "canary",
            "used",
        ),
        *("row", "inbox", "timers", "events", "state", "session", "run", "journal"),
        *("workspace", "files", "sandboxes", "trial", "roster", "served", "of_shards", "prefix"),
    }


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
