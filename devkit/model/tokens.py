"""What a request and its answer come to in tokens, counted by the server itself, and what it told of that."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from devkit.model.dialogue import Answer

#: Characters that count as a token; about what English text has.
PER_TOKEN: Final = 4
#: What a thought that is not shown counts as.
THOUGHT: Final = 24
#: How many of the latest prompts to a model are remembered, to be read from the cache as far as they agree.
REMEMBERED: Final = 32
#: Parts of a prompt in the order in which they are read: what changes least comes first.
_PARTS: Final = ("tools", "instructions", "input", "messages")


@dataclass(frozen=True, slots=True)
class Count:
    """Tokens of one request: `cached` are among `input`, `reasoning` among `output`."""

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Served:
    """A request whose usage was told to who asked."""

    id: str
    model: str
    is_guard: bool
    count: Count


class Counter:
    """Counts requests, and remembers prompts as the real servers' caches do.

    OpenAI's begins at 1,024 tokens and goes on by 128 (https://platform.openai.com/docs/guides/prompt-caching),
    DeepSeek's goes by 64 (https://api-docs.deepseek.com/guides/kv_cache).
    """

    def __init__(self) -> None:
        self._prompts: dict[str, deque[str]] = {}

    def count(self, body: Mapping[str, Any], model: str, answer: Answer, written: str) -> Count:
        """Count a request and the text and calls that were written for it; its prompt is cached from now on."""
        prompt = "".join(json.dumps(body[part])[:-1] for part in _PARTS if body.get(part))
        before = self._prompts.setdefault(model, deque(maxlen=REMEMBERED))
        agree = max((_agreement(prompt, one) for one in before), default=0) // PER_TOKEN
        before.append(prompt)
        first, step = (64, 64) if model.startswith("deepseek") else (1024, 128)
        cached = agree // step * step if agree >= first else 0
        reasoning = THOUGHT if answer.thinks else 0
        return Count(tokens(prompt), cached, tokens(written) + reasoning, reasoning)


def tokens(text: str) -> int:
    """How many tokens a text is."""
    return -(-len(text) // PER_TOKEN)


def of_responses(count: Count) -> dict[str, Any]:
    """Usage as the Responses API writes it."""
    return {
        "input_tokens": count.input,
        "input_tokens_details": {"cached_tokens": count.cached, "cache_write_tokens": 0},
        "output_tokens": count.output,
        "output_tokens_details": {"reasoning_tokens": count.reasoning},
        "total_tokens": count.input + count.output,
    }


def of_chat(count: Count, model: str) -> dict[str, Any]:
    """Usage as Chat Completions write it; DeepSeek says in words of its own what was cached.

    https://api-docs.deepseek.com/api/create-chat-completion
    """
    if model.startswith("deepseek"):
        cache: dict[str, Any] = {
            "prompt_cache_hit_tokens": count.cached,
            "prompt_cache_miss_tokens": count.input - count.cached,
        }
    else:
        cache = {"prompt_tokens_details": {"cached_tokens": count.cached}}
    return {
        "prompt_tokens": count.input,
        "completion_tokens": count.output,
        "total_tokens": count.input + count.output,
        "completion_tokens_details": {"reasoning_tokens": count.reasoning},
        **cache,
    }


def _agreement(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
