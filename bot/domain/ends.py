"""How a model's answer ends other than whole, and what a thread remembers of one that was cut."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ModelEnd(StrEnum):
    """How an answer ended other than whole: it, or the conversation, was too long; it was held back; nothing more came."""

    LENGTH = "length"
    FILTER = "filter"
    BROKE_OFF = "broke_off"
    SILENT = "silent"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class CutAnswer:
    """The last answer of a thread, where it was cut: its event, and its last Slack message without the Continue button.

    `also` are events of messages that it had taken in.
    """

    event_id: str
    ts: str = ""
    number: int = 0
    text: str = ""
    blocks: str = ""
    also: tuple[str, ...] = ()


class FailureKind(StrEnum):
    """Why a run gave no answer, as far as a person needs to know."""

    MODEL_BUSY = "model_busy"
    MODEL_UNREACHABLE = "model_unreachable"
    MODEL_REFUSED = "model_refused"
    MODEL_GARBLED = "model_garbled"
    MODEL_CLOSED = "model_closed"
    TOO_LONG = "too_long"
    STALE_RUN = "stale_run"
    SANDBOX = "sandbox"
    TOOL_UNREACHABLE = "tool_unreachable"
    INTERNAL = "internal"
