"""How a model's answer can end other than whole."""

from __future__ import annotations

import re
from typing import Any, Final

import openai
from agents import Usage

from bot.agents.failures import chain
from bot.domain.ends import ModelEnd

#: What servers answer to a request that is longer than the model can read. OpenAI has codes for it, one of them for a
#: single text (https://platform.openai.com/docs/guides/error-codes), DeepSeek and most others only words.
CODE: Final = "context_length_exceeded"
_CODES: Final = frozenset({CODE, "string_above_max_length"})
_WORDS: Final = re.compile(
    r"context[ _-]?(?:length|window|size|limit)|(?:prompt|input|request)s? (?:is|are) too (?:long|large)"
    r"|too many (?:input )?tokens|maximum (?:input|prompt) length|maximum number of (?:input )?tokens|range of input length"
    r"|reduce the length of (?:the |your )?(?:messages|prompt|input)|`inputs` tokens|string too long"
    r"|exceeds? [^.]{0,60}(?:token limit|limit of [\d,]+ tokens|message tokens)",
    re.IGNORECASE,
)
#: A rate limit of tokens that the request alone is above: to wait for it does not help.
_ABOVE_RATE: Final = re.compile(r"request too large|tokens must be reduced", re.IGNORECASE)
_REFUSED: Final = frozenset({400, 413, 422, 500})


class BadEnd(Exception):
    """An answer ended other than whole: `text` was said by then, and cost `usage` where the server told.

    `may_repeat`: nothing was said or done that another try would say or do once more.
    """

    def __init__(
        self, why: ModelEnd, text: str = "", *, usage: Usage | None = None, may_repeat: bool = False
    ) -> None:
        super().__init__(why.value)
        self.why = why
        self.text = text
        self.usage = usage
        self.may_repeat = may_repeat


def bad_end(error: BaseException) -> BadEnd | None:
    """Find how an answer ended, in what that led to."""
    return next((cause for cause in chain(error) if isinstance(cause, BadEnd)), None)


def is_too_long(error: BaseException) -> bool:
    """Whether a server refused a request for its length."""
    return any(_is_too_long(cause) for cause in chain(error))


def _is_too_long(error: BaseException) -> bool:
    if isinstance(error, BadEnd):
        return error.why is ModelEnd.TOO_LONG
    if not isinstance(error, openai.APIError):
        return False
    if error.code in _CODES:
        return True
    status = error.status_code if isinstance(error, openai.APIStatusError) else 400
    if status == 429:
        return bool(_ABOVE_RATE.search(error.message))
    return status == 413 or (status in _REFUSED and bool(_WORDS.search(error.message)))


def usage_of(given: Any) -> Usage | None:
    """Read what an answer cost, in the words of either API."""
    if given is None:
        return None
    read = int(getattr(given, "input_tokens", None) or getattr(given, "prompt_tokens", None) or 0)
    written = int(getattr(given, "output_tokens", None) or getattr(given, "completion_tokens", None) or 0)
    return Usage(requests=1, input_tokens=read, output_tokens=written, total_tokens=read + written)
