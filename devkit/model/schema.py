"""What a JSON schema says of an argument, as far as a person can be asked for it. Schemas may be anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from devkit.model.wording import phrase, words

#: Schemas within schemas are read so far down.
DEEPEST: Final = 4


class Kind(Enum):
    """What to look for in a text."""

    CHOICE = auto()
    YES_OR_NO = auto()
    NUMBER = auto()
    AMOUNT = auto()
    CURRENCY = auto()
    DATE = auto()
    EMAIL = auto()
    URL = auto()
    CHANNEL = auto()
    PERSON = auto()
    PATH = auto()
    OWNER = auto()
    REPOSITORY = auto()
    ID = auto()
    REASON = auto()
    TEXT = auto()
    LIST = auto()
    OBJECT = auto()


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: `needed` unless it may be left out, `rest` is what it is then (None: left out or null).

    `items` is what a list holds, `parts` are those of an object.
    """

    name: str
    kind: Kind
    says: str = ""
    type: str = "string"
    needed: bool = True
    has_rest: bool = False
    rest: Any = None
    choices: tuple[Any, ...] = ()
    least: float | None = None
    most: float | None = None
    items: Argument | None = None
    parts: tuple[Argument, ...] = ()

    @property
    def asked_as(self) -> str:
        """What a person is asked for."""
        said = self.says.partition("\n")[0].strip().rstrip(".").replace("the person's", "your")
        said = said[:1].lower() + said[1:] if said[1:2].islower() or said[1:2] == " " else said
        named = said or f"the {phrase(self.name)}"
        options = ", ".join(str(one) for one in self.choices[:8])
        return f"{named} (one of {options})" if options else named


#: Words of an argument's name, by what they make it; the first that fits counts.
_NAMED: Final = {
    Kind.AMOUNT: "amount price sum total cost budget salary fee bonus",
    Kind.CURRENCY: "currency",
    Kind.DATE: "date day deadline since until",
    Kind.EMAIL: "email mail",
    Kind.URL: "url uri link href website",
    Kind.CHANNEL: "channel",
    Kind.PATH: "path file filename folder directory source destination",
    Kind.OWNER: "owner",
    Kind.REPOSITORY: "repo repository",
    Kind.ID: "id number key code ref sku no sha uuid",
    Kind.PERSON: "user person employee assignee member recipient colleague approver who manager login",
    Kind.REASON: "reason why justification purpose",
}
_FORMATS: Final = {
    "date": Kind.DATE,
    "date-time": Kind.DATE,
    "email": Kind.EMAIL,
    "uri": Kind.URL,
    "uuid": Kind.ID,
}
_SAYS: Final = {
    Kind.AMOUNT: ("two places", "decimal"),
    Kind.DATE: ("yyyy", "a date", "day", "2026-", "iso 8601"),
    Kind.PERSON: ("slack id", "person's id"),
}


def arguments(schema: Mapping[str, Any]) -> tuple[Argument, ...]:
    """The arguments that a tool's schema has."""
    return tuple(_parts(schema, schema, 0))


def _parts(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Iterator[Argument]:
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or depth > DEEPEST:
        return
    needed = {str(one) for one in required} if isinstance(required, list) else set[str]()
    for name, given in properties.items():
        yield _argument(str(name), given, root, needed=str(name) in needed, depth=depth)


def _argument(name: str, given: Any, root: Mapping[str, Any], *, needed: bool, depth: int) -> Argument:
    own, null = _plain(given, root)
    choices = own.get("enum")
    options: tuple[Any, ...] = (own["const"],) if "const" in own else ()
    if isinstance(choices, list) and choices:
        options = tuple(one for one in choices if isinstance(one, str | int | float))
    has_default = "default" in own
    kind = Kind.CHOICE if options else _kind(name, own)
    inner = depth + 1
    return Argument(
        name,
        kind,
        says=str(own.get("description") or ""),
        type=str(own.get("type") or "string"),
        needed=needed and not null and not has_default,
        has_rest=has_default or (needed and null),
        rest=own.get("default"),
        choices=options,
        least=_limit(own, "minimum"),
        most=_limit(own, "maximum"),
        items=_argument(name, own.get("items"), root, needed=True, depth=inner)
        if kind is Kind.LIST and depth < DEEPEST
        else None,
        parts=tuple(_parts(own, root, inner)) if kind is Kind.OBJECT else (),
    )


def _plain(given: Any, root: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """A schema without references and alternatives, and whether null will do as well."""
    own: dict[str, Any] = dict(given) if isinstance(given, dict) else {}
    null = False
    for _ in range(DEEPEST):
        options = next((own[k] for k in ("anyOf", "oneOf", "allOf") if isinstance(own.get(k), list)), [])
        null = null or any(isinstance(one, dict) and one.get("type") == "null" for one in options)
        first = next((one for one in options if isinstance(one, dict) and one.get("type") != "null"), None)
        inner = first or _referred(own.get("$ref"), root)
        if inner is None:
            break
        outer = {k: v for k, v in own.items() if k not in {"anyOf", "oneOf", "allOf", "$ref"}}
        own = {**inner, **outer}
    if isinstance(own.get("type"), list):
        null = null or "null" in own["type"]
        own["type"] = next((one for one in own["type"] if one != "null"), "string")
    return own, null


def _referred(ref: Any, root: Mapping[str, Any]) -> dict[str, Any] | None:
    found: Any = root
    if not isinstance(ref, str) or not ref.startswith("#/"):
        return None
    for step in ref[2:].split("/"):
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None  # pyright: ignore[reportUnknownVariableType]


def _kind(name: str, own: Mapping[str, Any]) -> Kind:
    match own.get("type"):
        case "boolean":
            return Kind.YES_OR_NO
        case "integer" | "number":
            return Kind.NUMBER
        case "array":
            return Kind.LIST
        case "object":
            return Kind.OBJECT
        case _:
            return Kind.OBJECT if isinstance(own.get("properties"), dict) else _kind_of_text(name, own)


def _kind_of_text(name: str, own: Mapping[str, Any]) -> Kind:
    if kind := _FORMATS.get(str(own.get("format"))):
        return kind
    named = words(name)
    if len(named) > 1 and named[-1] == "id":  # `user_id` is of a user
        named = named[:-1] if set(named) & {"user", "channel", "person", "employee"} else named
    for kind, known in _NAMED.items():
        if set(named[-1:]) & set(known.split()) or (
            len(named) == 1 and named[0].rstrip("s") in known.split()
        ):
            return kind
    said = str(own.get("description") or "").lower()
    if re.search(r"such as [a-z]+-\d", said):
        return Kind.ID
    return next((kind for kind, marks in _SAYS.items() if any(mark in said for mark in marks)), Kind.TEXT)


def _limit(own: Mapping[str, Any], name: str) -> float | None:
    found = own.get(name)
    return float(found) if isinstance(found, int | float) and abs(found) < 1e300 else None
