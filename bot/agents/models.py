"""Which model each agent speaks with, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from agents import Model, ModelSettings
from agents.retry import (
    ModelRetryBackoffSettings,
    ModelRetrySettings,
    RetryPolicyContext,
    retry_policies,
)
from openai import AsyncOpenAI

from bot.agents.bad_end import BadEnd
from bot.agents.deepseek import DeepSeek
from bot.agents.hearing import Silence
from bot.agents.prices import Prices
from bot.agents.quick_client import QuickClient
from bot.agents.watched_models import Watched, WatchedChat, WatchedResponses
from bot.domain.ends import ModelEnd
from bot.domain.usage import Account, Kind
from bot.telemetry.metrics import Metrics

#: Seconds for one whole answer, while its words come: a long one takes minutes.
WHOLE_ANSWER: Final = 900.0
#: Longer than any try takes from its first byte to its last: then nobody can hear of it any more.
LONGEST_REQUEST: Final = timedelta(seconds=WHOLE_ANSWER + 60)
#: Tries beyond the first, all before the first word; after it there are none.
RETRIES: Final = 2
#: Seconds that all pauses between tries take at most.
PAUSES: Final = 2.0
#: Seconds that a busy server may ask to wait for; one that asks for more is not asked again.
LONGEST_PAUSE: Final = 20.0


def _in_time(context: RetryPolicyContext) -> bool:
    """Whether a person can be kept waiting for another try: a silent server is tried twice."""
    error = context.error
    is_silent = isinstance(error, BadEnd) and error.why is ModelEnd.SILENT
    if (is_silent or context.normalized.is_timeout) and context.attempt > 1:
        return False
    return (context.normalized.retry_after or 0) <= LONGEST_PAUSE


def _nothing_repeated(context: RetryPolicyContext) -> bool:
    """Whether an answer that ended badly may be asked for again."""
    return isinstance(context.error, BadEnd) and context.error.may_repeat


RETRY: Final = ModelRetrySettings(
    max_retries=RETRIES,
    backoff=ModelRetryBackoffSettings(initial_delay=0.3, max_delay=3.0, multiplier=2.0, jitter=True),
    policy=retry_policies.all(
        _in_time,
        retry_policies.any(
            _nothing_repeated,
            retry_policies.network_error(),
            retry_policies.http_status((429, 500, 502, 503, 504)),
        ),
    ),
)


#: Whose server wants more than the SDK writes.
_CLIENTS: Final = {"deepseek": DeepSeek}


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenAI-compatible server."""

    base_url: str
    api_key: str


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """`openai:NAME` (Responses), `deepseek:NAME` or `chat:NAME` (Chat Completions)."""

    provider: str
    name: str

    @classmethod
    def parse(cls, text: str) -> ModelSpec:
        """Read a model setting; raises `ValueError` for anything else."""
        provider, _, name = text.partition(":")
        if provider not in {"openai", "deepseek", "chat"} or not name:
            raise ValueError(f"not a model: {text!r}")
        return cls(provider, name)

    def __str__(self) -> str:
        return f"{self.provider}:{self.name}"

    @property
    def speaks_responses(self) -> bool:
        """Whether it is reached through the Responses API."""
        return self.provider == "openai"


class Models:
    """Builds models; each provider's HTTP client is made once, when a model needs it: it reads all certificates. Close it when done.

    A server may say nothing for `silence` seconds, all tries of a call together, and stream one answer for `whole`. With
    budgets an answer has `longest` tokens at most.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        *,
        silence: float = 120.0,
        prices: Prices | None = None,
        metrics: Metrics | None = None,
        longest: int = 0,
        whole: float = WHOLE_ANSWER,
    ) -> None:
        self._prices = prices or Prices()
        self._longest = longest
        #: What counts their requests, and the checks of messages.
        self.metrics = metrics or Metrics()
        self._silence = Silence(first_silence(silence), silence, whole)
        self._providers = {name: p for name, p in providers.items() if p.api_key and p.base_url}
        self._clients: dict[str, AsyncOpenAI] = {}

    def model(self, spec: ModelSpec, agent: str = "", *, kind: Kind = Kind.ANSWER) -> Model:
        """The SDK's model for a spec; raises `KeyError` for a provider without a key.

        What it uses is put on the account of an agent, by what its requests are for.
        """
        client = self._client(spec.provider)
        made: Watched = (
            WatchedResponses(model=spec.name, openai_client=client)
            if spec.speaks_responses
            else WatchedChat(model=spec.name, openai_client=client)
        )
        made.silence = self._silence
        made.longest = self._longest
        made.account = Account(kind, agent, str(spec))
        self.metrics.expects(made.account)
        made.price = self._prices.of(spec.provider, spec.name, str(client.base_url))
        return made

    def _client(self, provider: str) -> AsyncOpenAI:
        if provider not in self._clients:
            at = self._providers[provider]
            self._clients[provider] = _CLIENTS.get(provider, QuickClient)(
                api_key=at.api_key, base_url=at.base_url, max_retries=0, timeout=self._silence.later
            )
        return self._clients[provider]

    async def close(self) -> None:
        """Close the HTTP clients."""
        for client in self._clients.values():
            await client.close()


def first_silence(silence: float) -> float:
    """For how long one try waits for the first sign of an answer: a silent server is tried twice."""
    return max(silence - PAUSES, silence / 2) / 2


def settings(spec: ModelSpec, *, timeout: float | None = None, **more: Any) -> ModelSettings:
    """What every call of a model is made with; `timeout` is for one try that is not streamed, whole."""
    usage = None if spec.speaks_responses else True
    return ModelSettings(retry=RETRY, timeout=timeout, include_usage=usage, **more)
