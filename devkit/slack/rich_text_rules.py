"""What Slack refuses inside rich text: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from devkit.slack.element_rules import Problems

#: What stands in a rich text block, with the fields it may have beside its elements.
_SECTIONS: Final[Mapping[str, frozenset[str]]] = {
    "rich_text_section": frozenset(),
    "rich_text_preformatted": frozenset({"border", "language"}),
    "rich_text_quote": frozenset({"border"}),
    "rich_text_list": frozenset({"border", "indent", "offset", "style"}),
}
#: What stands in those: the fields each must have, and may have.
_PARTS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "text": (frozenset({"text"}), frozenset({"style"})),
    "link": (frozenset({"url"}), frozenset({"text", "unsafe", "style"})),
    "emoji": (frozenset({"name"}), frozenset({"unicode", "style"})),
    "user": (frozenset({"user_id"}), frozenset({"style"})),
    "usergroup": (frozenset({"usergroup_id"}), frozenset({"style"})),
    "channel": (frozenset({"channel_id"}), frozenset({"style"})),
    "broadcast": (frozenset({"range"}), frozenset({"style"})),
    "color": (frozenset({"value"}), frozenset({"style"})),
    "date": (frozenset({"timestamp", "format"}), frozenset({"url", "fallback", "style"})),
}
_STYLES: Final = frozenset(
    {"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}
)
_IN_CODE: Final = frozenset({"text", "link"})
_DEEPEST: Final = 8


def rich_text_problems(block: Mapping[str, Any]) -> Problems:
    """What is wrong with a block of rich text."""
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        yield "rich text needs elements"
        return
    for element in elements:
        yield from _section(element)


def _section(section: Any) -> Problems:
    kind = section.get("type") if isinstance(section, dict) else None
    if kind not in _SECTIONS:
        yield "unsupported type of rich text"
        return
    known = _SECTIONS[kind] | {"type", "elements"}
    yield from (f"invalid additional property: {field}" for field in sorted(set(section) - known))
    parts = section.get("elements")
    if not isinstance(parts, list) or not parts:
        yield f"{kind} needs elements"
        return
    if kind == "rich_text_list":
        yield from _list(section)
        return
    for part in parts:
        yield from _part(part, kind)


def _list(section: Mapping[str, Any]) -> Problems:
    if section.get("style") not in {"bullet", "ordered"}:
        yield "style must be bullet or ordered"
    if not 0 <= section.get("indent", 0) <= _DEEPEST:
        yield f"indent must be 0 to {_DEEPEST}"
    for item in section["elements"]:
        if not isinstance(item, dict) or item.get("type") != "rich_text_section":
            yield "a list holds sections"
        else:
            yield from _section(item)


def _part(part: Any, place: str) -> Problems:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in _PARTS or (place == "rich_text_preformatted" and kind not in _IN_CODE):
        yield f"unsupported type in {place}"
        return
    needed, more = _PARTS[kind]
    yield from (f"missing required field: {field}" for field in sorted(needed - set(part)))
    unknown = set(part) - needed - more - {"type"}
    yield from (f"invalid additional property: {field}" for field in sorted(unknown))
    yield from (
        f"{field} must not be empty" for field in sorted(needed & set(part)) if part[field] in ("", None)
    )
    style = part.get("style", {})
    if (
        not isinstance(style, dict)
        or set(style) - _STYLES
        or any(type(on) is not bool for on in style.values())
    ):
        yield "style must say true or false of known styles"
