"""Whether an approval is forgotten: not where it only cannot be read here."""

from __future__ import annotations

import pytest

from bot.domain.errors import UnknownSchema
from bot.store import client
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from tests.redis_server import RedisServer


async def test_what_cannot_be_read_here_is_not_forgotten(redis_server: RedisServer) -> None:
    keys, sealer = Keys("known", 4), Sealer(["c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ="])
    async with client.connect(redis_server.url) as redis:
        threads = ThreadStore(redis, keys, sealer)
        await redis.set(keys.approval("00-later"), "of a later release")
        with pytest.raises(UnknownSchema):
            await threads.approval("00-later")

        assert await threads.knows("00-later")
        assert await threads.knows("none of ours")
        assert not await threads.knows("00-lost")
