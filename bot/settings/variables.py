"""Variables that a file of the operator's names, such as those of an mcp.toml: read like settings, kept as secrets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, create_model
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.settings.config import ConfigError


class _Variables(BaseSettings):
    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        env_file_encoding="utf-8",
        hide_input_in_errors=True,
        case_sensitive=True,
    )


def read(names: Sequence[str], needed_by: str, env_file: Path | None = Path(".env")) -> dict[str, SecretStr]:
    """Read these variables of the environment and `env_file`. Raises `ConfigError` for each that is not set."""
    fields: dict[str, Any] = {
        f"value_{at}": (SecretStr, Field(validation_alias=name)) for at, name in enumerate(names)
    }
    try:
        values = create_model("Variables", __base__=_Variables, **fields)(_env_file=env_file)  # pyright: ignore[reportCallIssue]
    except ValidationError as error:
        missing = [str(detail["loc"][0]) for detail in error.errors(include_input=False, include_url=False)]
        raise ConfigError([f"{name} is missing: {needed_by} names it." for name in missing]) from None
    return {name: getattr(values, f"value_{at}") for at, name in enumerate(names)}
