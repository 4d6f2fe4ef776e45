"""Messages that were changed or deleted, as Slack tells of them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.thread import ThreadRef
from bot.slack.altered import AlteredMessage, altered
from bot.slack.origin import Installation
from tests.factories import ANA, SUPPORT, TEAM

BOT = "U0COUNTER1"
ROOT, TS, AT = "1795435200.000100", "1795435260.000200", "1795435300.000300"
WAS: dict[str, Any] = {"type": "message", "user": ANA, "ts": TS, "text": "refund 29", "team": TEAM}
TOMBSTONE = {"subtype": "tombstone", "user": "USLACKBOT", "ts": TS, "thread_ts": TS, "text": "deleted"}


def read(kind: str, **event: Any) -> AlteredMessage | None:
    given = {"type": "message", "subtype": kind, "hidden": True, "channel": SUPPORT, "ts": AT, **event}
    return altered(given, us=Installation(TEAM), bot_user=BOT)


def told(
    *, deleted: bool, thread_ts: str = TS, text: str = "", names: tuple[str, ...] = ()
) -> AlteredMessage:
    return AlteredMessage(ThreadRef(TEAM, SUPPORT, thread_ts), TS, ANA, deleted, AT, text, names=names)


def test_a_deletion_names_who_wrote_what_is_gone_and_in_which_thread() -> None:
    in_thread = WAS | {"thread_ts": ROOT}

    assert read("message_deleted", deleted_ts=TS, previous_message=WAS) == told(deleted=True)
    assert read("message_deleted", previous_message=in_thread) == told(deleted=True, thread_ts=ROOT)


def test_a_message_with_replies_is_deleted_though_slack_calls_it_a_change() -> None:
    assert read("message_changed", message=TOMBSTONE, previous_message=WAS) == told(deleted=True)


def test_an_edit_is_one_where_the_words_are_others() -> None:
    now = WAS | {"text": f"<@{BOT}> refund 31 of <@U0OMAR0001>", "edited": {"user": ANA, "ts": AT}}
    changed = told(deleted=False, text="refund 31 of @U0OMAR0001", names=("U0OMAR0001",))

    assert read("message_changed", message=now, previous_message=WAS) == changed
    assert read("message_changed", message=now) == changed  # Slack leaves the former one out


def test_a_forwarded_message_that_is_taken_out_of_it_is_an_edit() -> None:
    share = {"is_share": True, "author_name": "Omar", "text": "refund 29"}
    event = {"message": WAS | {"attachments": []}, "previous_message": WAS | {"attachments": [share]}}

    assert read("message_changed", **event) == told(deleted=False, text="refund 29")


@pytest.mark.parametrize(
    "event",
    [
        {"message": WAS | {"attachments": [{}]}, "previous_message": WAS},
        {"message": WAS},
        {"message": WAS | {"user": BOT, "text": "x"}, "previous_message": WAS | {"user": BOT}},
        {"message": WAS | {"bot_id": "B1", "text": "x"}, "previous_message": WAS | {"bot_id": "B1"}},
        {"message": WAS | {"team": "T0OTHER001", "text": "x"}, "previous_message": WAS},
        {"message": WAS | {"user": None, "text": "x"}, "previous_message": WAS},
        {"message": TOMBSTONE},
        {},
    ],
    ids=[
        "a preview",
        "nothing",
        "ours",
        "an app's",
        "a stranger's",
        "nobody's",
        "of nobody knows what",
        "empty",
    ],
)
def test_anything_else_is_none(event: dict[str, Any]) -> None:
    assert read("message_changed", **event) is None
