"""The shapes at the door: everything the stand-in sends fits, and what would end up in a key does not."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.errors import NotUnderstood
from bot.slack.forms import read_reason, read_submission
from bot.slack.payloads import misfit


def event(**changes: Any) -> dict[str, Any]:
    given = {"type": "message", "channel": "C0SUPPORT1", "ts": "1795435200.000100", "user": "U0ANA00001"}
    return {"type": "event_callback", "event_id": "Ev1", "event": given | {"text": "hi"} | changes}


def test_a_message_fits() -> None:
    assert misfit("events_api", event()) == ""
    assert misfit("events_api", event(thread_ts="1795435200.000001", blocks=[{"any": "thing"}])) == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channel", "C1/D1"),
        ("channel", "home"),
        ("channel", ["C1"]),
        ("user", "U1:{s00}"),
        ("user", {"id": "U1"}),
        ("ts", "٣.١"),
        ("ts", "1e9"),
        ("ts", 1795435200.0001),
        ("thread_ts", "../x"),
        ("text", {"text": "hi"}),
        ("text", "x" * 250_001),
    ],
)
def test_what_would_end_up_in_a_key_or_is_no_text_does_not_fit(field: str, value: Any) -> None:
    assert misfit("events_api", event(**{field: value})) == f"event.message.{field}"


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"type": "event_callback"}])
def test_what_is_no_payload_at_all_does_not_fit(payload: Any) -> None:
    assert misfit("events_api", payload)
    assert misfit("interactive", payload)
    assert misfit("slash_commands", payload)


def test_events_that_nobody_reads_may_look_like_anything() -> None:
    assert misfit("events_api", event(type="channel_created", channel={"id": "C1"})) == ""


def test_a_form_of_others_is_not_understood() -> None:
    with pytest.raises(NotUnderstood):
        read_submission({"private_metadata": "nonsense"})
    with pytest.raises(NotUnderstood):
        read_reason({"state": {"values": {}}})


def test_not_even_those_without_the_envelope_of_an_event() -> None:
    strange = event(type="channel_created") | {"type": []}

    assert misfit("events_api", strange) == "type"


def click(blocks: Any) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "trigger_id": "t",
        "user": {"id": "U0ANA00001"},
        "actions": [{"action_id": "details", "action_ts": "1795435200.000200", "value": "x"}],
        "message": {"ts": "1795435200.000100", "blocks": blocks},
    }


@pytest.mark.parametrize(
    "blocks",
    [
        None,
        [],
        [{"type": "divider"}, {"type": "header", "text": {"type": "plain_text", "text": "x"}}],
        [{"type": "markdown", "text": "x"}],
    ],
)
def test_a_click_on_a_card_fits(blocks: Any) -> None:
    assert misfit("interactive", click(blocks)) == ""


@pytest.mark.parametrize("blocks", [2**63, ["x"], [{"type": "header", "text": 3}], [{"text": None}]])
def test_a_card_that_could_not_be_drawn_anew_does_not_fit(blocks: Any) -> None:
    assert misfit("interactive", click(blocks)).startswith("block_actions.message.blocks")
