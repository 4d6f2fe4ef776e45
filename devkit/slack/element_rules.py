"""What Slack refuses inside a block: texts, buttons, the elements of forms, and their dialogs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

#: What is wrong with something, one sentence each.
Problems = Iterator[str]

PLAIN: Final = ("plain_text",)
ANY_TEXT: Final = ("plain_text", "mrkdwn")
_TEXT_FIELDS: Final = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}


@dataclass(frozen=True, slots=True)
class Kind:
    """An element: the blocks it may be in, and the fields it may and must have."""

    places: frozenset[str]
    fields: frozenset[str]
    needs: frozenset[str] = frozenset()


def _kind(places: str, fields: str, needs: str = "") -> Kind:
    common = {"type", "action_id"}
    return Kind(
        frozenset(places.split()),
        frozenset({*fields.split(), *needs.split(), *common}),
        frozenset(needs.split()),
    )


_PICKED: Final = "placeholder confirm focus_on_load"
_TYPED: Final = "initial_value placeholder dispatch_action_config focus_on_load"
_EVERYWHERE: Final = "section actions input"
#: https://docs.slack.dev/reference/block-kit/block-elements
ELEMENTS: Final[Mapping[str, Kind]] = {
    "button": _kind("section actions", "url value style confirm accessibility_label", "text"),
    "feedback_buttons": _kind("context_actions", "", "positive_button negative_button"),
    "overflow": _kind("section actions", "confirm", "options"),
    "image": _kind("section context", "image_url slack_file", "alt_text"),
    "plain_text_input": _kind("input", f"multiline min_length max_length {_TYPED}"),
    "number_input": _kind("input", f"min_value max_value {_TYPED}", "is_decimal_allowed"),
    "email_text_input": _kind("input", _TYPED),
    "url_text_input": _kind("input", _TYPED),
    "static_select": _kind(_EVERYWHERE, f"options option_groups initial_option {_PICKED}"),
    "multi_static_select": _kind(
        "section input", f"options option_groups initial_options max_selected_items {_PICKED}"
    ),
    "users_select": _kind(_EVERYWHERE, f"initial_user {_PICKED}"),
    "channels_select": _kind(_EVERYWHERE, f"initial_channel response_url_enabled {_PICKED}"),
    "conversations_select": _kind(
        _EVERYWHERE,
        f"initial_conversation default_to_current_conversation response_url_enabled filter {_PICKED}",
    ),
    "radio_buttons": _kind(_EVERYWHERE, "initial_option confirm focus_on_load", "options"),
    "checkboxes": _kind(_EVERYWHERE, "initial_options confirm focus_on_load", "options"),
    "datepicker": _kind(_EVERYWHERE, f"initial_date {_PICKED}"),
    "timepicker": _kind(_EVERYWHERE, f"initial_time timezone {_PICKED}"),
    "datetimepicker": _kind("actions input", "initial_date_time confirm focus_on_load"),
}
_MOST_OPTIONS: Final = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}
_FLAGS: Final = ("multiline", "is_decimal_allowed", "focus_on_load")


def text_problems(text: Any, most: int, kinds: tuple[str, ...] = PLAIN) -> Problems:
    """What is wrong with a text object of at most so many characters."""
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"must be a text object of type {' or '.join(kinds)}"
        return
    words = text.get("text")
    if not isinstance(words, str) or not words:
        yield "empty text"
    elif len(words) > most:
        yield f"must be no more than {most} characters"
    for field in sorted(set(text) - _TEXT_FIELDS[text["type"]]):
        yield f"invalid additional property: {field}"
    yield from (
        f"{flag} must be true or false"
        for flag in ("emoji", "verbatim")
        if type(text.get(flag, True)) is not bool
    )


def element_problems(element: Any, place: str) -> Problems:
    """What is wrong with an element in a block of this type."""
    kind = ELEMENTS.get(str(element.get("type"))) if isinstance(element, dict) else None
    if kind is None:
        yield "unsupported type of element"
        return
    if place not in kind.places:
        yield f"{element['type']} is not supported in {place}"
    yield from (f"invalid additional property: {field}" for field in sorted(set(element) - kind.fields))
    yield from (f"missing required field: {field}" for field in sorted(kind.needs - set(element)))
    for field, check in _FIELDS.items():
        if field in element:
            yield from (f"{field}: {problem}" for problem in check(element[field], element))


def _string(most: int) -> Callable[[Any, Any], Problems]:
    def check(value: Any, _: Any) -> Problems:
        if not isinstance(value, str) or len(value) > most:
            yield f"must be a string of no more than {most} characters"

    return check


def _matches(pattern: str) -> Callable[[Any, Any], Problems]:
    def check(value: Any, _: Any) -> Problems:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            yield "has not the right format"

    return check


def _text(most: int) -> Callable[[Any, Any], Problems]:
    return lambda value, _: text_problems(value, most)


def _confirm(confirm: Any, _: Any) -> Problems:
    parts = {"title": (100, PLAIN), "text": (300, ANY_TEXT), "confirm": (30, PLAIN), "deny": (30, PLAIN)}
    if not isinstance(confirm, dict):
        yield "must be an object"
        return
    for part, (most, kinds) in parts.items():
        yield from (f"{part}: {problem}" for problem in text_problems(confirm.get(part), most, kinds))
    yield from (f"invalid additional property: {field}" for field in sorted(set(confirm) - {*parts, "style"}))
    yield from _style(confirm.get("style", "primary"), None)


def _style(style: Any, _: Any) -> Problems:
    if style not in {"primary", "danger"}:
        yield "style must be primary or danger"


def options_of(element: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The options of an element, those of its groups included."""
    return [*(element.get("options") or []), *_grouped(element)]


def _grouped(element: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for group in element.get("option_groups") or []:
        yield from group.get("options") or []


def _options(options: Any, element: Mapping[str, Any]) -> Problems:
    most = _MOST_OPTIONS.get(element["type"], 100)
    if not isinstance(options, list) or not 0 < len(options) <= most:
        yield f"must be a list of 1 to {most} options"
        return
    if "option_groups" in element:
        yield "can not be combined with option_groups"
    kinds = ANY_TEXT if element["type"] in {"radio_buttons", "checkboxes"} else PLAIN
    for option in options:
        yield from _option(option, kinds)


def _option(option: Any, kinds: tuple[str, ...]) -> Problems:
    if not isinstance(option, dict):
        yield "must be an object"
        return
    yield from text_problems(option.get("text"), 75, kinds)
    if not isinstance(option.get("value"), str) or not 0 < len(option["value"]) <= 150:
        yield "value must have 1 to 150 characters"
    if "description" in option:
        yield from text_problems(option["description"], 75, kinds)
    known = {"text", "value", "description", "url"}
    yield from (f"invalid additional property: {field}" for field in sorted(set(option) - known))


def _groups(groups: Any, element: Mapping[str, Any]) -> Problems:
    if not isinstance(groups, list) or not 0 < len(groups) <= 100:
        yield "must be a list of 1 to 100 groups"
        return
    for group in groups:
        yield from text_problems(group.get("label"), 75)
        yield from _options(group.get("options"), {"type": element["type"]})


def _chosen(option: Any, element: Mapping[str, Any]) -> Problems:
    if option not in options_of(element):
        yield "must be one of the options, exactly as it is there"


def _all_chosen(options: Any, element: Mapping[str, Any]) -> Problems:
    if not isinstance(options, list) or not options:
        yield "must be a list of options that is not empty"
        return
    for option in options:
        yield from _chosen(option, element)


def _length(value: Any, element: Mapping[str, Any]) -> Problems:
    if type(value) is not int or not 0 <= value <= 3000:
        yield "must be an integer of at most 3000"
    elif element.get("min_length", 0) > element.get("max_length", 3000):
        yield "min_length is more than max_length"


def _number(value: Any, element: Mapping[str, Any]) -> Problems:
    number = _decimal(value)
    if number is None:
        yield "must be a number in a string"
        return
    if not element.get("is_decimal_allowed") and number != int(number):
        yield "must be an integer"
    least, most = _decimal(element.get("min_value")), _decimal(element.get("max_value"))
    if (least is not None and number < least) or (most is not None and number > most):
        yield "is not between min_value and max_value"


def _decimal(value: Any) -> Decimal | None:
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def _initial(value: Any, element: Mapping[str, Any]) -> Problems:
    check = _number if element["type"] == "number_input" else _string(3000)
    return check(value, element)


def _half(half: Any, _: Any) -> Problems:
    """One of two feedback buttons: https://docs.slack.dev/reference/block-kit/block-elements/feedback-buttons-element"""
    if not isinstance(half, dict):
        yield "must be an object"
        return
    yield from text_problems(half.get("text"), 75)
    if not half.get("value"):
        yield "missing required field: value"
    yield from _string(2000)(half.get("value"), None)
    yield from _string(75)(half.get("accessibility_label", ""), None)
    known = {"text", "value", "accessibility_label"}
    yield from (f"invalid additional property: {field}" for field in sorted(set(half) - known))


def _moment(value: Any, _: Any) -> Problems:
    if type(value) is not int or len(str(value)) != 10:
        yield "must be a UNIX timestamp of 10 digits"


def _flag(value: Any, _: Any) -> Problems:
    if not isinstance(value, bool):
        yield "must be true or false"


def _dispatch(config: Any, _: Any) -> Problems:
    on = config.get("trigger_actions_on") if isinstance(config, dict) else None
    if not on or set(on) - {"on_enter_pressed", "on_character_entered"}:
        yield "trigger_actions_on must name on_enter_pressed or on_character_entered"


_FIELDS: Final[Mapping[str, Callable[[Any, Any], Problems]]] = {
    "action_id": _string(255),
    "text": _text(75),
    "placeholder": _text(150),
    "accessibility_label": _string(75),
    "value": _string(2000),
    "url": _string(3000),
    "style": _style,
    "confirm": _confirm,
    "options": _options,
    "option_groups": _groups,
    "initial_option": _chosen,
    "initial_options": _all_chosen,
    "initial_value": _initial,
    "initial_user": _matches(r"[UW][A-Z0-9]+"),
    "initial_date": _matches(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"),
    "initial_time": _matches(r"([01]\d|2[0-3]):[0-5]\d"),
    "initial_date_time": _moment,
    "positive_button": _half,
    "negative_button": _half,
    "min_value": _number,
    "max_value": _number,
    "min_length": _length,
    "max_length": _length,
    "dispatch_action_config": _dispatch,
    **dict.fromkeys(_FLAGS, _flag),
}
