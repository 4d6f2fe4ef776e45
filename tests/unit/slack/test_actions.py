from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import actions, limits


@given(st.sampled_from(sorted(actions.IDS)), st.text(min_size=1, max_size=500))
def test_a_value_comes_back_as_it_was_packed(action_id: str, value: str) -> None:
    packed = actions.pack(action_id, value)

    assert actions.unpack({"action_id": action_id, "value": packed}) == value


@pytest.mark.parametrize("value", ["", "x" * limits.BUTTON_VALUE])
def test_a_value_that_slack_would_not_take_is_not_packed(value: str) -> None:
    with pytest.raises(ValueError, match="value has 1 to 2000"):
        actions.pack(actions.APPROVE, value)


def test_an_action_of_nobody_is_not_packed() -> None:
    with pytest.raises(ValueError, match="not an action"):
        actions.pack("transfer", "1")


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"action_id": "approve"},
        {"action_id": "approve", "value": None},
        {"action_id": "approve", "value": "03-k7"},
        {"action_id": "approve", "value": "reject:03-k7"},
        {"action_id": "approve", "value": "approve:"},
        {"action_id": "poll_vote", "value": "poll_vote:1"},
    ],
    ids=str,
)
def test_a_button_that_is_not_ours_has_no_value(action: dict[str, str | None]) -> None:
    assert actions.unpack(action) is None
