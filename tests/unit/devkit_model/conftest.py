"""The model server, and the real OpenAI client connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from openai import AsyncOpenAI

from devkit.model.server import ModelServer


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    made = ModelServer()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def client(server: ModelServer) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key="any", base_url=server.url, max_retries=0, timeout=5) as made:
        yield made
