"""A short round with a seed of its own each time; `python -m tests.fuzz` is the long one."""

from __future__ import annotations

import secrets
from random import Random

from tests.fuzz import payloads
from tests.redis_server import RedisServer


async def test_damaged_payloads_do_no_harm(redis_server: RedisServer) -> None:
    seed = secrets.randbelow(10**6)

    assert await payloads.attack(redis_server.url, Random(f"{seed}/0"), 300) == [], f"seed {seed}"
