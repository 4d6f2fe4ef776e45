"""Settings of a team: of the environment and `.env`, like those of the bot, but the team's own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field, SecretStr, ValidationError, create_model
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.domain.policies_only import is_policies_only

#: What stands for a missing setting of a type where only policies are read: they say nothing of secrets and addresses.
_EMPTY: Final[Mapping[Any, object]] = {SecretStr: SecretStr(""), str: ""}


class TeamSettings(BaseSettings):
    """Derive from it and name what the team needs; the variable of a field is its name in capitals.

    An empty value counts as not set. What is wrong is said at start by the name of the variable, never with its value;
    give secrets the type `SecretStr`, and they stand in no log either. What a setting is for, as `Field(description=…)`
    has it, is said where it is missing. `countersign policies` makes the team without
    serving it: where a `SecretStr` or a `str` that must be set is missing then, it is empty.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        env_file=".env",
        env_file_encoding="utf-8",
        hide_input_in_errors=True,
    )

    if (
        not TYPE_CHECKING
    ):  # type checkers know the fields of each team's settings, as long as they do not see this

        def __init__(self, **given: Any) -> None:
            try:
                super().__init__(**given)
            except ValidationError as error:
                missing = _missing(error)
                if not (is_policies_only() and _can_be_empty(type(self), missing)):
                    for note in _notes(type(self), missing):
                        error.add_note(note)
                    raise
                made = _with_empty(type(self), missing)(**given)
                self.__dict__.update(made.__dict__)
                for slot in ("__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"):
                    object.__setattr__(self, slot, getattr(made, slot))


def _missing(error: ValidationError) -> list[str]:
    details = error.errors(include_input=False, include_url=False)
    return [str(detail["loc"][0]) for detail in details if detail["type"] == "missing"]


def _notes(settings: type[BaseSettings], missing: Collection[str]) -> Iterator[str]:
    """What those that are missing are for, by their names: the error knows no more than these."""
    for name, field in settings.model_fields.items():
        if name in missing and field.description:
            yield f"{name}: {field.description}"


def _can_be_empty(settings: type[BaseSettings], names: Collection[str]) -> bool:
    fields = settings.model_fields
    return bool(names) and all(name in fields and fields[name].annotation in _EMPTY for name in names)


def _with_empty(settings: type[BaseSettings], names: Collection[str]) -> type[BaseSettings]:
    """The same settings, of which these are empty and not looked at by any validator."""
    fields: dict[str, Any] = {
        name: (Any, Field(default=_EMPTY[settings.model_fields[name].annotation], validate_default=False))
        for name in names
    }
    return create_model(settings.__name__, __base__=settings, **fields)
