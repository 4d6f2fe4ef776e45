"""Which model each agent speaks with, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from agents import Model, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel
from agents.retry import ModelRetryBackoffSettings, ModelRetrySettings, retry_policies
from openai import AsyncOpenAI

#: Seconds for one model call, and retries before its first word; after it the SDK makes none.
TIMEOUT: Final = 90.0
RETRIES: Final = 2

RETRY: Final = ModelRetrySettings(
    max_retries=RETRIES,
    backoff=ModelRetryBackoffSettings(initial_delay=0.3, max_delay=3.0, multiplier=2.0, jitter=True),
    policy=retry_policies.any(
        retry_policies.network_error(),
        retry_policies.http_status((429, 500, 502, 503, 504)),
    ),
)


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

    @property
    def speaks_responses(self) -> bool:
        """Whether it is reached through the Responses API."""
        return self.provider == "openai"


class Models:
    """Builds models; each provider's HTTP client is made once. Close it when done."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._clients = {
            name: AsyncOpenAI(api_key=p.api_key, base_url=p.base_url, max_retries=0, timeout=TIMEOUT)
            for name, p in providers.items()
            if p.api_key and p.base_url
        }

    def model(self, spec: ModelSpec) -> Model:
        """The SDK's model for a spec; raises `KeyError` for a provider without a key."""
        client = self._clients[spec.provider]
        if spec.speaks_responses:
            return OpenAIResponsesModel(model=spec.name, openai_client=client)
        return OpenAIChatCompletionsModel(model=spec.name, openai_client=client)

    async def close(self) -> None:
        """Close the HTTP clients."""
        for client in self._clients.values():
            await client.close()


def settings(spec: ModelSpec, **more: Any) -> ModelSettings:
    """What every call of a model is made with."""
    usage = None if spec.speaks_responses else True
    return ModelSettings(retry=RETRY, timeout=TIMEOUT, include_usage=usage, **more)
