"""What elements hold, in the shape of `state.values`, and what a payload says of the one that was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from devkit.slack.block_contents import elements
from devkit.slack.element_rules import options_of

#: For each element that holds something: what its state calls it, and where it starts from.
_HELD: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(
        ("plain_text_input", "number_input", "email_text_input", "url_text_input"), ("value", "initial_value")
    ),
    **dict.fromkeys(("static_select", "radio_buttons"), ("selected_option", "initial_option")),
    **dict.fromkeys(("multi_static_select", "checkboxes"), ("selected_options", "initial_options")),
    "users_select": ("selected_user", "initial_user"),
    "channels_select": ("selected_channel", "initial_channel"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
#: What an action repeats of the element.
_REPEATED: Final = ("type", "action_id", "block_id", "text", "value", "style", "placeholder")

Values = dict[str, dict[str, dict[str, Any]]]


def first_values(blocks: Sequence[Mapping[str, Any]], before: Mapping[str, Any]) -> Values:
    """What a form holds at first; inputs it had under the same ids before keep what was given."""
    values: Values = {}
    for element in elements(blocks):
        kind = str(element["type"])
        if kind not in _HELD:
            continue
        held, initial = _HELD[kind]
        empty: Any = [] if held == "selected_options" else None
        state = {"type": kind, held: element.get(initial, empty)}
        old = before.get(element["block_id"], {}).get(element["action_id"], {})
        values.setdefault(element["block_id"], {})[element["action_id"]] = (
            old if old.get("type") == kind else state
        )
    return values


def filled(values: Mapping[str, Any], given: Mapping[str, Any]) -> Values:
    """Values with what a person gave. Raises `LookupError` for an input that the form does not have."""
    result: Values = {block: dict(held) for block, held in values.items()}
    for block, states in given.items():
        for action, state in states.items():
            if action not in result.get(block, {}):
                raise LookupError(f"the form has no input {action!r} in a block {block!r}")
            result[block][action] = {**result[block][action], **state}
    return result


def used(element: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """The action of an element that was used; `value` is what was chosen or typed."""
    action = {key: element[key] for key in _REPEATED if key in element}
    if element["type"] == "overflow":
        return action | {"selected_option": _option(element, value)}
    state = state_of(element, value)
    return action | state if state else action


def state_of(element: Mapping[str, Any], value: Any) -> dict[str, Any] | None:
    """The state of an element that holds this; None for one that holds nothing, such as a button."""
    kind = str(element["type"])
    if kind not in _HELD:
        return None
    held = _HELD[kind][0]
    if held == "selected_options":
        return {"type": kind, held: [_option(element, one) for one in value or []]}
    if held == "selected_option":
        return {"type": kind, held: None if value is None else _option(element, value)}
    return {"type": kind, held: value}


def _option(element: Mapping[str, Any], value: Any) -> dict[str, Any]:
    found = [option for option in options_of(element) if option["value"] == value]
    if not found:
        raise LookupError(f"there is no option {value!r}")
    return found[0]


def _pressed(element: dict[str, Any], value: Any) -> dict[str, Any]:
    """Of feedback buttons the half that has this value, which is what an action tells of."""
    if element.get("type") != "feedback_buttons":
        return element
    halves = [element["positive_button"], element["negative_button"]]
    return element | next((half for half in halves if half["value"] == value), {"value": None})


def find_element(
    blocks: Sequence[Mapping[str, Any]], action_id: str, value: Any = None, block_id: str | None = None
) -> dict[str, Any]:
    """The element to act on; of buttons the one with this value. Raises `LookupError` if there is none."""
    for element in (_pressed(one, value) for one in elements(blocks)):
        is_button = element.get("type") in {"button", "feedback_buttons"}
        if (
            element.get("action_id") == action_id
            and block_id in {None, element["block_id"]}
            and (not is_button or value in (None, element.get("value")))
        ):
            return element
    raise LookupError(f"there is no live button {action_id!r}")
