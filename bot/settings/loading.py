"""Reading the settings, once, from the environment and `.env`, by whoever starts the bot."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from pydantic import ValidationError

from bot.settings.config import ConfigError, Settings
from bot.settings.config_rules import check, unreadable


def load(env_file: Path | None = Path(".env"), *, used: Container[str] | None = None) -> Settings:
    """Read and check the settings; the environment wins over `env_file`.

    Raises `ConfigError` with every problem at once. No problem repeats a value. With `used` (fields) it asks for
    nothing else: what a command does not use may be missing or wrong.
    """
    settings, unread = read(env_file)
    found = [(name, unreadable(name)) for name in unread]
    found += [(name, text) for name, text in check(settings) if name not in unread]
    problems = [text for name, text in found if used is None or name in used]
    if problems:
        raise ConfigError(problems)
    return settings


def read(env_file: Path | None = Path(".env")) -> tuple[Settings, list[str]]:
    """Read what can be read, and check nothing: the settings, and the fields left at their default.

    Raises `ConfigError` for a file that cannot be read at all.
    """
    try:
        return _settings(env_file), []
    except ValidationError as error:
        unread = sorted({str(detail["loc"][0]) for detail in error.errors(include_input=False)})
    except (OSError, UnicodeDecodeError):
        raise ConfigError([f"{env_file} cannot be read as text."]) from None
    return _settings(env_file, **{name: Settings.model_fields[name].default for name in unread}), unread


def _settings(env_file: Path | None, **fixed: object) -> Settings:
    # `_env_file` is an argument of BaseSettings that type checkers do not see on its subclasses.
    return Settings(_env_file=env_file, **fixed)  # pyright: ignore[reportCallIssue, reportArgumentType]
