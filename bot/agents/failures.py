"""What went wrong with a run, as far as a person needs to know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import openai
from agents import exceptions as sdk
from agents.sandbox.errors import SandboxError
from pydantic import ValidationError

from bot.domain.errors import ToolUnreachable, WorkspaceNotKept
from bot.domain.run import FailureKind

#: The first that fits decides; more special ones stand first.
KINDS: Final[tuple[tuple[tuple[type[BaseException], ...], FailureKind], ...]] = (
    ((ToolUnreachable,), FailureKind.TOOL_UNREACHABLE),
    ((SandboxError, WorkspaceNotKept), FailureKind.SANDBOX),
    ((openai.RateLimitError,), FailureKind.MODEL_BUSY),
    ((sdk.MaxTurnsExceeded,), FailureKind.TOO_LONG),
    ((sdk.ModelRefusalError,), FailureKind.MODEL_REFUSED),
    (
        (sdk.ModelBehaviorError, openai.APIResponseValidationError, json.JSONDecodeError, ValidationError),
        FailureKind.MODEL_GARBLED,
    ),
    (
        (openai.APIConnectionError, openai.InternalServerError, sdk.ModelTimeoutError),
        FailureKind.MODEL_UNREACHABLE,
    ),
    ((openai.APIStatusError,), FailureKind.INTERNAL),
    # What the openai client raises for an error event or an end in the middle of a stream.
    ((openai.APIError, TimeoutError), FailureKind.MODEL_UNREACHABLE),
)

#: A key that was taken back, an account without money, a model that is gone: none of these passes by itself.
#: https://platform.openai.com/docs/guides/error-codes, https://api-docs.deepseek.com/quick_start/error_codes
CLOSED: Final = frozenset({401, 402, 403, 404})
UNPAID: Final = "insufficient_quota"


def kind_of(error: BaseException) -> FailureKind:
    """Classify an error by the first cause in its chain that is known."""
    for cause in chain(error):
        if isinstance(cause, openai.APIStatusError) and (cause.status_code in CLOSED or cause.code == UNPAID):
            return FailureKind.MODEL_CLOSED
        for types, kind in KINDS:
            if isinstance(cause, types):
                return kind
    return FailureKind.INTERNAL


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it was raised from."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
