"""Logging: one line per record, as JSON or as text, and never a secret in it."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal, TextIO

#: What ends in a letter and is a sign all the same: a line's end, or any other, as JSON and Python write it.
_ESCAPED = r"(?<=\\[bfnrtv])|(?<=\\x[0-9a-f]{2})|(?<=\\u[0-9a-f]{4})"
#: What can be recognised as a secret by its form alone.
SECRETS = re.compile(
    rf"""
      xox[a-z]-[\w.-]+ | xapp-[\w-]+            # Slack tokens
    | (?:\b|{_ESCAPED})sk-[\w-]{{8,}}            # model keys
    | g(?:AAAA|MVc)[\w-]{{20,}}={{0,2}}             # sealed text
    | (?:(?<![\w-])|{_ESCAPED})[\w-]{{43}}=      # Fernet keys
    | (?<=Bearer\ )[^\s"'\\]+                   # whatever is sent as a credential
    | (?<=://)[^\s/@"'\\]*:[^\s/@"'\\]+(?=@)    # user and password of an address
    """,
    re.VERBOSE,
)
REDACTED = "[redacted]"

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
#: A record has a `thread` of its own, which is not Slack's.
_NAMES = {"slack_thread": "thread"}
_bound: ContextVar[Mapping[str, str]] = ContextVar("log_fields", default={})  # noqa: B039 - never changed in place


@contextmanager
def bound(**fields: str) -> Generator[None]:
    """Give every record of this block, and of tasks started in it, these fields."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def add(**fields: str) -> None:
    """Give these fields to what follows in the present block of `bound` as well."""
    _bound.set({**_bound.get(), **fields})


def redact(text: str) -> str:
    """Replace everything that has the form of a secret."""
    return SECRETS.sub(REDACTED, text)


def set_up(level: str, form: Literal["json", "text"], *, stream: TextIO | None = None) -> None:
    """Log to `stream` (standard error by default), the bot at `level`, libraries from WARNING on.

    Libraries are kept quiet at every level because their debug records hold whole messages.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("bot").setLevel(level)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, text, the bound fields, the record's own."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "text": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return redact(json.dumps(line, ensure_ascii=False, default=str))


class TextLines(logging.Formatter):
    """The same for a person's eyes."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname:<7} {record.name}: {record.getMessage()}{fields}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return redact(line)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _fields(record: logging.LogRecord) -> dict[str, object]:
    own = {_NAMES.get(name, name): value for name, value in vars(record).items() if name not in _STANDARD}
    return {**_bound.get(), **own}
