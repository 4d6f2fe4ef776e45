"""Fixtures that several kinds of tests share."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator

import pytest

from tests.ledger import disagreements
from tests.redis_server import RedisServer
from tests.world import World
from tests.world import world as make_world


@pytest.fixture(scope="session")
def redis_server() -> Generator[RedisServer]:
    """One Redis for all tests of a process; each test has a key prefix of its own."""
    server = RedisServer()
    server.start()
    yield server
    server.remove()


@pytest.fixture
async def world(redis_server: RedisServer, request: pytest.FixtureRequest) -> AsyncGenerator[World]:
    """Everything outside the bot. In the end what it said of money must be what was paid."""
    strict_pace = request.node.get_closest_marker("unpaced") is None
    async with make_world(redis_server.url, strict_pace=strict_pace) as made:
        yield made
        all_told = not made.model.was_scripted
        wrong = [*disagreements(made.said(), made.billing.ledger(), all_told=all_told)]
        assert wrong == [], f"{wrong}; said: {[*made.said()]}"


@pytest.fixture
async def server() -> AsyncGenerator[RedisServer]:
    """A Redis of the test's own, to be restarted, filled or cut short."""
    made = RedisServer(appendfsync="everysec")
    made.start()
    yield made
    made.remove()


@pytest.fixture
async def around(server: RedisServer) -> AsyncGenerator[World]:
    """Everything outside the bot, with that Redis."""
    async with make_world(server.url) as made:
        yield made
