"""Short rounds with a seed of their own each time; `python -m tests.fuzz` is the long one.

Slack's pace is not limited in them: what comes in is damaged, and far more of it than Slack would take.
"""

from __future__ import annotations

import secrets
from random import Random

import pytest

from tests.fuzz import payloads, records, streams
from tests.redis_server import RedisServer


@pytest.fixture
def seed() -> int:
    """A fresh one; it stands in the report of a test that fails."""
    return secrets.randbelow(10**6)


async def test_damaged_payloads_do_no_harm(redis_server: RedisServer, seed: int) -> None:
    assert await payloads.attack(redis_server.url, Random(f"{seed}/0"), 300) == [], f"seed {seed}/0"


async def test_damaged_records_leave_no_thread_stuck(redis_server: RedisServer, seed: int) -> None:
    assert await records.attack(redis_server.url, Random(f"{seed}/0"), 40) == [], f"seed {seed}/0"


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
async def test_damaged_streams_of_the_model_are_answered_with_words(
    redis_server: RedisServer, seed: int
) -> None:
    assert await streams.attack(redis_server.url, Random(f"{seed}/0"), 60) == [], f"seed {seed}/0"
