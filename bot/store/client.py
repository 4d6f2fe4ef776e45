"""Redis clients with the settings that survive what redis-py's defaults do not.

Those retry ten times, give up blocking reads after five seconds, and raise when a burst needs
more than a hundred connections (measured: after a stall a plain write then ran twice).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, cast

import hiredis
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.store.address import Sentinels, sentinels
from bot.store.gathering import Gathering

#: Connections of one client, and seconds to wait for a free one.
CONNECTIONS, POOL_TIMEOUT = 32, 5
#: Seconds for one command of a worker, and how often it is sent again: every write is idempotent.
WORK_TIMEOUT, WORK_RETRIES = 5.0, 3
#: Seconds for the append before an ack; Slack waits three for the whole of it.
ACK_TIMEOUT = 1.5


@asynccontextmanager
async def connect(url: str) -> AsyncGenerator[Redis]:
    """Open the client of a worker."""
    retry = Retry(ExponentialBackoff(cap=1.0, base=0.05), WORK_RETRIES)
    async with _client(url, socket_timeout=WORK_TIMEOUT, retry=retry, kind=Gathering) as redis:
        yield redis


@asynccontextmanager
async def connect_for_acks(url: str) -> AsyncGenerator[Redis]:
    """Open the client of the receiver: quick to fail, so that Slack delivers again."""
    retry = Retry(NoBackoff(), 0)
    async with _client(url, socket_timeout=ACK_TIMEOUT, retry=retry, kind=Gathering) as redis:
        yield redis


@asynccontextmanager
async def connect_blocking(url: str) -> AsyncGenerator[Redis]:
    """Open a client whose reads may block for as long as they say."""
    async with _client(url, socket_timeout=None, retry=Retry(NoBackoff(), 0)) as redis:
        yield redis


@asynccontextmanager
async def _client(
    url: str, *, socket_timeout: float | None, retry: Retry, kind: type[Redis] = Redis
) -> AsyncGenerator[Redis]:
    options: dict[str, Any] = {
        "max_connections": CONNECTIONS,
        "timeout": POOL_TIMEOUT,
        "socket_timeout": socket_timeout,
        "socket_connect_timeout": ACK_TIMEOUT,
        "retry": retry,
        "retry_on_error": [RedisConnectionError, RedisTimeoutError],
        "health_check_interval": 0,
    }
    async with _pool(url, options) as pool:
        pool.connection_class = _quick(pool.connection_class)
        redis = kind(connection_pool=pool)
        try:
            yield redis
        finally:
            await redis.aclose()
            await pool.disconnect()


@asynccontextmanager
async def _pool(url: str, options: dict[str, Any]) -> AsyncGenerator[BlockingConnectionPool]:
    found = sentinels(url)
    if found is None:
        yield BlockingConnectionPool.from_url(url, **options)
        return
    asking = {"socket_timeout": ACK_TIMEOUT, "socket_connect_timeout": ACK_TIMEOUT}
    watch = Sentinel(found.hosts, sentinel_kwargs=asking | _of_sentinels(found))
    try:
        yield SentinelPool(found.service, watch, **options, **_of_master(found))
    finally:
        for sentinel in watch.sentinels:
            await sentinel.aclose()


class _Quick:
    """Puts together in C what a connection sends, as redis-py does on all connections but those of asyncio: there
    each argument is a dozen steps in Python, and an append has 28."""

    def pack_command(self, command: str, *arguments: Any) -> list[bytes]:
        """One command as it goes over the wire; the name of some is two words."""
        words: Any = (*command.split(), *arguments)
        return [cast("bytes", hiredis.pack_command(words))]


@cache
def _quick(connection: type) -> type:
    return type(f"Quick{connection.__name__}", (_Quick, connection), {})


class SentinelPool(SentinelConnectionPool, BlockingConnectionPool):
    """Connections to whoever is the master; who finds none free waits for one, as in the other pool."""


def _of_sentinels(found: Sentinels) -> dict[str, Any]:
    return {"password": found.sentinel_password, "ssl": found.is_tls}


def _of_master(found: Sentinels) -> dict[str, Any]:
    return {
        "db": found.database,
        "username": found.username,
        "password": found.password,
        "ssl": found.is_tls,
    }
