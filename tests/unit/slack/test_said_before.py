"""What was said in a thread before: who said what, as data that cannot leave its place, and not too much."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.attachment import Attachment
from bot.domain.thread import ThreadRef
from bot.slack.client import Slack
from bot.slack.names import Names
from bot.slack.origin import Installation
from bot.slack.quoted import CUT, NOTHING, Quoted
from bot.slack.reply_mark import ReplyMark
from bot.slack.said_before import EACH, HEAD, MESSAGES, NOT_READ, READ, TOGETHER, SaidBefore
from tests.factories import MEI, OMAR, SUPPORT, TEAM, THEO
from tests.unit.slack.clock import Clock
from tests.unit.slack.workspace import ME, Fault, Workspace

THREAD = ThreadRef(TEAM, SUPPORT, "1795435300.000001")
US = Installation(TEAM, "E0ACME0001")


@pytest.fixture
def before(slack: Slack, workspace: Workspace, clock: Clock) -> SaidBefore:
    workspace.people = {OMAR: {"id": OMAR, "real_name": "Omar Haddad"}}
    return SaidBefore(slack, Names(slack, clock), US)


async def read(before: SaidBefore, ts: str = "1795435399.000000") -> Quoted:
    return await before.in_thread(THREAD, ts)


async def test_it_says_who_said_what_up_to_the_message_that_asks(
    before: SaidBefore, workspace: Workspace
) -> None:
    workspace.add(OMAR, text="INV-1003\n[Ana says:] <@U0THEO0001> &lt;b&gt;", team=TEAM)
    workspace.add(THEO, text="no", team=TEAM)
    now = workspace.add(MEI, text=f"<@{ME}> refund that", team=TEAM)
    workspace.add(OMAR, text="said later", team=TEAM)

    assert await read(before, now) == Quoted(
        f"{HEAD}\nOmar Haddad:\n> INV-1003\n> [Ana says:] @{THEO} <b>\n{THEO}:\n> no",
        (OMAR, THEO),
        (THEO,),
        pieces=(
            ("1795435300.000001", f"Omar Haddad:\n> INV-1003\n> [Ana says:] @{THEO} <b>"),
            ("1795435300.000002", f"{THEO}:\n> no"),
        ),
    )


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ({"user": "U0APP00001", "bot_id": "B1", "bot_profile": {"name": "Stat\n[us"}}, "Stat us (an app):"),
        ({"user": None, "subtype": "bot_message", "username": "old"}, "old (an app):"),
        ({"user": None, "subtype": "bot_message", "username": "\u3164"}, "One (an app):"),
        ({"user": OMAR, "user_team": "T0GLOBEX01"}, "Omar Haddad (of another workspace):"),
        ({"user": OMAR, "user_team": "E0ACME0001", "team": "T0HOST0001"}, "Omar Haddad:"),
        ({"user": OMAR, "subtype": "me_message"}, "Omar Haddad:"),
        ({"user": OMAR, "subtype": "thread_broadcast"}, "Omar Haddad:"),
    ],
    ids=str,
)
async def test_who_it_was(
    before: SaidBefore, workspace: Workspace, message: dict[str, Any], shown: str
) -> None:
    workspace.add(**({"text": "words"} | message))

    assert (await read(before)).text == f"{HEAD}\n{shown}\n> words"


@pytest.mark.parametrize(
    "message",
    [
        {"subtype": "channel_join", "text": "joined"},
        {"subtype": "huddle_thread", "text": "a huddle"},
        {"subtype": "tombstone", "text": "deleted", "hidden": True},
        {"user": "USLACKBOT", "text": "a reminder"},
        {"text": ""},
        {"user": ME, "text": "a notice of the bot's own"},
    ],
    ids=str,
)
async def test_what_nobody_said_is_not_told(
    before: SaidBefore, workspace: Workspace, message: dict[str, Any]
) -> None:
    workspace.add(**({"user": OMAR} | message))

    assert await read(before) == NOTHING


async def test_what_apps_write_into_blocks_and_attachments_is_read_and_files_are_named(
    before: SaidBefore, workspace: Workspace
) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "Disk &gt; 90%"}}
    workspace.add(
        "U0APP00001", bot_id="B1", text="", blocks=[section], attachments=[{"fallback": "host db1"}]
    )
    url = "https://files.slack.com/x"
    scan = {"id": "F1", "name": "scan].pdf", "mode": "hosted", "size": 3, "url_private_download": url}
    workspace.add(OMAR, text="", files=[scan])
    shared = {"is_share": True, "author_id": MEI, "author_name": "Mei Lin", "text": "pay INV-1"}
    workspace.add(OMAR, text="see", attachments=[shared])

    found = await read(before)
    assert "One (an app):\n> Disk > 90%\n> host db1\n" in found.text
    assert "> [a file: scan.pdf]\n" in found.text
    assert found.files == (Attachment("F1", "scan].pdf", "", 3, url, is_earlier=True),)
    assert "> see\n> [Forwarded, written by Mei Lin;" in found.text
    assert "\n> > pay INV-1" in found.text
    assert found.authors == ("U0APP00001", OMAR, MEI)


def fields(*lines: str) -> dict[str, Any]:
    return {"type": "section", "fields": [{"type": "mrkdwn", "text": line} for line in lines]}


DISPUTED = {
    "pretext": "From Zendesk",
    "title": "Disputed",
    "text": "by <@U0THEO0001>",
    "fields": [{"title": "Invoice", "value": "INV-1003"}],
    "fallback": "Disputed",
}


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ({"text": "New ticket", "blocks": [fields("INV-1003")]}, ["New ticket", "INV-1003"]),
        (
            {"text": "", "attachments": [DISPUTED]},
            ["From Zendesk", "Disputed", f"by @{THEO}", "Invoice: INV-1003"],
        ),
        ({"text": "Alert", "attachments": [{"blocks": [fields("INV-1003")]}]}, ["Alert", "INV-1003"]),
        ({"text": "Paid INV-1003", "blocks": [fields("INV-1003")]}, ["Paid INV-1003"]),
    ],
)
async def test_of_an_app_more_is_read_than_its_text_which_is_only_a_hint(
    before: SaidBefore, workspace: Workspace, written: dict[str, Any], lines: list[str]
) -> None:
    workspace.add("U0APP00001", bot_id="B1", **written)

    found = await read(before)
    assert found.text == "\n> ".join([f"{HEAD}\nOne (an app):", *lines])
    assert found.names == ((THEO,) if THEO in found.text else ())


async def test_where_the_bot_has_answered_already_it_knows_what_was_said(
    before: SaidBefore, workspace: Workspace
) -> None:
    workspace.add(OMAR, text="INV-1003")
    mark = ReplyMark("msg:C1:1.0", 0, is_final=True)
    workspace.add(ME, text="an answer", metadata=mark.metadata())

    assert await read(before) == NOTHING


async def test_it_is_bounded_by_count_and_its_first_message_stays(
    before: SaidBefore, workspace: Workspace
) -> None:
    for number in range(100):
        workspace.add(OMAR if number else THEO, text=f"message {number}.")

    found = await read(before)
    assert found.text.count(":\n> ") == MESSAGES
    assert "> message 0.\n[60 messages are left out here]\nOmar Haddad:\n> message 61.\n" in found.text
    assert found.text.endswith("message 99.")


async def test_it_is_bounded_by_characters_each_and_together(
    before: SaidBefore, workspace: Workspace
) -> None:
    workspace.add(THEO, text="t" * 5_000)
    for letter in "abcdefghij":
        workspace.add(OMAR, text=letter * EACH)

    found = await read(before)
    assert f"{'t' * EACH}\n> {CUT}\n[" in found.text
    assert "t" * (EACH + 1) not in found.text
    assert "a" * EACH not in found.text
    assert "j" * EACH in found.text
    assert len(found.text) < TOGETHER + 200


async def test_of_a_very_long_thread_it_says_that_the_latest_is_missing(
    before: SaidBefore, workspace: Workspace
) -> None:
    for number in range(READ + 1):
        workspace.add(OMAR, text=f"message {number}.")

    assert "the thread is too long" in (await read(before)).text


@pytest.mark.parametrize(
    "fault", [Fault(error="missing_scope"), Fault(status=429, retry_after="600")], ids=str
)
async def test_what_slack_does_not_say_is_said_to_be_unknown(
    before: SaidBefore, workspace: Workspace, fault: Fault
) -> None:
    workspace.add(OMAR, text="INV-1003")
    workspace.fail("conversations.replies", fault, times=9)

    assert await read(before) == Quoted(NOT_READ)


@pytest.mark.parametrize(
    "strange", [{"attachments": [7]}, {"files": [None]}, {"ts": "x", "text": "x"}], ids=str
)
async def test_a_message_of_a_strange_shape_stops_nothing(
    before: SaidBefore, workspace: Workspace, strange: dict[str, Any]
) -> None:
    workspace.add(OMAR, **strange)

    assert await read(before) == Quoted(NOT_READ)
