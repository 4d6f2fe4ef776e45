from __future__ import annotations

from typing import Any

import pytest

from bot.domain.events import MessageReceived, ResetRequested
from bot.domain.thread import ThreadRef
from bot.slack import incoming
from bot.slack.incoming import IncomingMessage
from bot.slack.origin import Installation
from bot.slack.payloads import misfit
from bot.slack.plain_text import plain
from tests.factories import ANA, OMAR, SUPPORT, TEAM

BOT = "U0COUNTER1"
TS, ROOT = "1795435300.000200", "1795435200.000100"


def an_event(**changes: Any) -> dict[str, Any]:
    """Ana writes at the top of #support."""
    event = {"type": "message", "channel": SUPPORT, "channel_type": "channel", "user": ANA, "ts": TS}
    return event | {"text": "hello", "team": TEAM} | changes


def read(**changes: Any) -> IncomingMessage | None:
    return incoming.message(an_event(**changes), us=Installation(TEAM, "E0ACME0001"), bot_user=BOT)


def test_a_mention_at_the_top_of_a_channel_begins_a_thread() -> None:
    assert read(type="app_mention", text=f"<@{BOT}> refund $29 on INV-1003") == IncomingMessage(
        ThreadRef(TEAM, SUPPORT, TS), TS, ANA, "refund $29 on INV-1003", addressed=True
    )


def test_the_message_event_of_a_mention_reads_the_same_as_the_mention() -> None:
    text = f"hey <@{BOT}|countersign>: refund"

    assert read(text=text) == read(type="app_mention", text=text)
    assert getattr(read(text=text), "text", None) == "hey refund"


def test_a_message_at_the_top_of_a_channel_without_a_mention_is_not_for_the_bot() -> None:
    assert read() is None


def test_a_reply_without_a_mention_may_be_for_the_bot() -> None:
    message = read(thread_ts=ROOT, text="and what is its date?")

    assert message == IncomingMessage(
        ThreadRef(TEAM, SUPPORT, ROOT), TS, ANA, "and what is its date?", addressed=False
    )


@pytest.mark.parametrize("call", [f"<@{OMAR}>", "<!subteam^S0FINANCE1|@finance>", "<!here>", "<!channel>"])
def test_a_reply_that_calls_somebody_else_is_to_others_unless_it_calls_the_bot_too(call: str) -> None:
    other, both = (
        read(thread_ts=ROOT, text=f"{call} what?"),
        read(thread_ts=ROOT, text=f"<@{BOT}> ask {call}"),
    )

    assert read(text=f"{call} at the top") is None
    assert other is not None
    assert both is not None
    assert (other.to_others, other.addressed) == (True, False)
    assert (both.to_others, both.addressed) == (False, True)


def test_a_message_in_a_direct_channel_is_for_the_bot_and_a_thread_of_its_own() -> None:
    message = read(channel="D0ANA00001", channel_type="im", text="reset")

    assert message == IncomingMessage(ThreadRef(TEAM, "D0ANA00001", TS), TS, ANA, "reset", addressed=True)


def test_a_reply_in_a_direct_channel_stays_in_its_thread() -> None:
    message = read(channel="D0ANA00001", channel_type="im", thread_ts=ROOT)

    assert message is not None
    assert message.thread.thread_ts == ROOT


def test_a_mention_and_nothing_else_is_an_empty_message_to_the_bot() -> None:
    message = read(type="app_mention", text=f"<@{BOT}>")

    assert message is not None
    assert message.text == ""


def test_an_empty_reply_is_not_for_the_bot() -> None:
    assert read(thread_ts=ROOT, text="", subtype="file_share") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"bot_id": "B0OTHER"},
        {"bot_profile": {"id": "B0OTHER"}},
        {"subtype": "bot_message"},
        {"subtype": "message_changed", "hidden": True},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"edited": {"user": ANA, "ts": TS}},
        {"user": BOT},
        {"user": "USLACKBOT"},
        {"user": None},
        {"ts": None},
        {"team": "T0OTHER001"},
        {"user_team": "T0OTHER001"},
        {"source_team": "T0OTHER001"},
        {"user_team": "E0OTHER001"},
        {"user_team": "T0OTHER001", "source_team": TEAM},
        {"type": "reaction_added"},
    ],
    ids=str,
)
def test_what_no_person_of_this_workspace_just_wrote_is_ignored(changes: dict[str, Any]) -> None:
    assert read(**{"type": "app_mention", "text": f"<@{BOT}> hi"} | changes) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"user_team": TEAM, "team": "T0HOST0001"},
        {"user_team": "E0ACME0001", "source_team": "E0ACME0001", "team": "T0HOST0001"},
        {"user_team": "", "source_team": None},
        {"team": None},
    ],
    ids=str,
)
def test_who_wrote_decides_and_not_whose_channel_it_is(changes: dict[str, Any]) -> None:
    assert read(**{"type": "app_mention", "text": f"<@{BOT}> hi"} | changes) is not None


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast"])
def test_other_ways_to_write_a_message_count(subtype: str) -> None:
    assert read(subtype=subtype, thread_ts=ROOT) is not None


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<@U0OMAR0001|omar> and <@U0MEI00001>", "@omar and @U0MEI00001"),
        ("<#C0GENERAL1|general> <#C0GENERAL1|> <#C0GENERAL1>", "#general #C0GENERAL1 #C0GENERAL1"),
        ("<!here> <!subteam^S0FINANCE1|@finance>", "@here @finance"),
        ("<!date^1795435200^{date}|today>", "today"),
        ("<https://acme.test/a?b=1&amp;c=2>", "https://acme.test/a?b=1&c=2"),
        ("<http://acme.test|acme.test>", "http://acme.test"),
        ("<https://acme.test/x|the invoice>", "the invoice (https://acme.test/x)"),
        ("<mailto:ana@acme.test|ana@acme.test>", "ana@acme.test"),
    ],
)
def test_markup_becomes_the_text_a_person_saw(raw: str, shown: str) -> None:
    assert plain(raw) == shown


@pytest.mark.parametrize("text", ["reset", " Reset! ", "RESET THIS  THREAD", "reset the thread.", "/reset"])
def test_asking_to_reset_is_recognised(text: str) -> None:
    assert incoming.is_reset(text)


@pytest.mark.parametrize("text", ["", "reset my password", "please do not reset", "resets"])
def test_a_message_that_only_speaks_of_resetting_is_none(text: str) -> None:
    assert not incoming.is_reset(text)


@pytest.mark.parametrize(
    "link",
    [
        "https://acme.slack.com/archives/C0SUPPORT1/p1795435200000100",
        "<https://acme.slack.com/archives/C0SUPPORT1/p1795435200000100>",
        "<https://acme.slack.com/archives/C0SUPPORT1/p1795435200000100|a link>",
        "https://acme.slack.com/archives/C0SUPPORT1/p1795435300000200?thread_ts=1795435200.000100&amp;cid=C0SUPPORT1",
        " http://127.0.0.1:8080/archives/C0SUPPORT1/p1795435200000100/ ",
    ],
)
def test_a_link_to_a_message_names_its_thread(link: str) -> None:
    assert incoming.permalink(link) == (SUPPORT, ROOT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "C0SUPPORT1",
        "https://acme.slack.com/archives/C0SUPPORT1",
        "https://acme.slack.com/archives/C0SUPPORT1/p17954352000001x0",
        "https://acme.slack.com/archives/C0SUPPORT1/p1795435200000100?thread_ts=1*",
        "ftp://acme.slack.com/archives/C0SUPPORT1/p1795435200000100",
        "https://[broken/archives/C0SUPPORT1/p1795435200000100",
    ],
)
def test_anything_else_is_no_link_to_a_message(text: str) -> None:
    assert incoming.permalink(text) is None


def test_what_is_forwarded_is_no_word_of_who_forwards_it() -> None:
    shared = [{"is_share": True, "author_id": OMAR, "author_name": "Omar", "text": "reset"}]
    silent = read(type="app_mention", text=f"<@{BOT}>", attachments=shared)
    asking = read(type="app_mention", text=f"<@{BOT}> reset", attachments=shared)

    assert silent is not None
    assert asking is not None
    kept = incoming.happened(silent)
    assert isinstance(kept, MessageReceived)
    assert (kept.text, kept.quoted) == ("", (OMAR,))
    assert kept.whole.endswith("> reset")
    assert isinstance(incoming.happened(asking), ResetRequested)


def an_edit(
    now: str, before: str | None = "show me", after: float = 60, **changes: Any
) -> IncomingMessage | None:
    inner = an_event(text=now, edited={"user": ANA, "ts": "1795435360.000200"}) | changes
    at = f"{float(TS) + after:.6f}"
    event = {"type": "message", "subtype": "message_changed", "hidden": True, "channel": SUPPORT, "ts": at}
    event |= {"channel_type": "channel", "message": {k: v for k, v in inner.items() if k != "channel"}}
    if before is not None:
        event["previous_message"] = an_event(text=before)
    envelope = {"type": "event_callback", "team_id": TEAM, "event_id": "Ev1", "event": event}
    assert misfit("events_api", envelope) == ""
    return incoming.called_by_edit(event, us=Installation(TEAM, "E0ACME0001"), bot_user=BOT)


def test_a_mention_that_is_edited_in_makes_a_message_of_its_first_moment() -> None:
    assert an_edit(f"<@{BOT}> show me") == read(type="app_mention", text=f"<@{BOT}> show me")
    assert an_edit(f"<@{BOT}> show me", thread_ts=ROOT) == read(text=f"<@{BOT}> show me", thread_ts=ROOT)


@pytest.mark.parametrize(
    "edit",
    [
        {"now": "show me more"},
        {"now": f"<@{BOT}> more", "before": f"<@{BOT}> show me"},
        {"now": f"<@{BOT}> show me", "before": None},
        {"now": f"<@{BOT}> show me", "after": incoming.LATEST_EDIT + 1},
        {"now": f"<@{BOT}> show me", "bot_id": "B1"},
        {"now": f"<@{BOT}> show me", "user": BOT},
        {"now": f"<@{BOT}> show me", "user_team": "T0OTHER001"},
        {"now": f"&lt;@{BOT}&gt; show me"},
    ],
    ids=str,
)
def test_any_other_change_calls_nobody(edit: dict[str, Any]) -> None:
    assert an_edit(**edit) is None
