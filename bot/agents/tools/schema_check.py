"""Arguments checked by a JSON schema that somebody else wrote: nothing is fetched, and the work has a bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator, validators
from referencing import Registry
from referencing.exceptions import Unresolvable

#: Keywords that are looked at in one check. Schemas whose references double at each step ask for more than any
#: machine can do, and an event loop that is held up loses its leases.
STEPS: Final = 20_000

Keyword = Callable[..., Any]
_LOADED: Any = validators  # it has no types


class _TooMuch(Exception):
    """The check would take too long."""


def checked(
    schema: Mapping[str, Any], *, patterns: bool = True
) -> Callable[[Mapping[str, Any]], Mapping[str, str]]:
    """Make the check of arguments by a schema: what is wrong, by argument.

    Without `patterns` regular expressions are left to whoever wrote them: there are some that never come to an end.
    """
    done = 0

    def counted(keyword: Keyword) -> Keyword:
        def look(*given: Any) -> Any:
            nonlocal done
            done += 1
            if done > STEPS:
                raise _TooMuch
            return keyword(*given)

        return look

    usual: Mapping[str, Keyword] = Draft202012Validator.VALIDATORS
    keywords = {name: counted(keyword) for name, keyword in usual.items()}
    if not patterns:
        keywords["pattern"] = counted(_nothing)
    # By `$schema`, which stands in most, a reference to the whole would choose other, uncounted, keywords.
    own = {name: part for name, part in schema.items() if name != "$schema"}
    registry: Registry[Any] = Registry()
    validator: Any = _LOADED.extend(Draft202012Validator, keywords)(own, registry=registry)

    def problems(arguments: Mapping[str, Any]) -> dict[str, str]:
        nonlocal done
        done = 0
        found: dict[str, str] = {}
        try:
            for error in validator.iter_errors(arguments):
                name = str(error.absolute_path[0]) if error.absolute_path else _missing(error)
                found.setdefault(name, "is not of the form it must have")
        except (Unresolvable, RecursionError, _TooMuch):
            return {"arguments": "cannot be checked by the schema"}
        return found

    return problems


def _nothing(*given: Any) -> tuple[()]:
    del given
    return ()


def _missing(error: Any) -> str:
    """The argument that a complaint about all of them is about; "arguments" where it names none."""
    if error.validator == "required":
        return next((name for name in error.validator_value if name not in error.instance), "arguments")
    return "arguments"
