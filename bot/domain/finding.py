"""What a check of the doctor ends with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Level(StrEnum):
    """How bad it is; the value is the sign that stands before the sentence."""

    OK = "✓"
    WARNING = "!"
    FAILED = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, in one sentence."""

    level: Level
    text: str

    @classmethod
    def ok(cls, text: str) -> Self:
        return cls(Level.OK, text)

    @classmethod
    def warning(cls, text: str) -> Self:
        return cls(Level.WARNING, text)

    @classmethod
    def failed(cls, text: str) -> Self:
        return cls(Level.FAILED, text)
