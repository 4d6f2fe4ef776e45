"""Short rounds, the same ones each time: what they say is of the change under test, not of chance. `python -m tests.fuzz` is the
long one, with a fresh seed.

Slack's pace is not limited in them: what comes in is damaged, and far more of it than Slack would take.
"""

from __future__ import annotations

from random import Random
from typing import Final

import pytest

from tests.fuzz import payloads, records, streams
from tests.redis_server import RedisServer

#: It has found a thread in which nobody was answered any more.
SEED: Final = 532483


async def test_damaged_payloads_do_no_harm(redis_server: RedisServer) -> None:
    assert await payloads.attack(redis_server.url, Random(f"{SEED}/0"), 300) == []


async def test_damaged_records_leave_no_thread_stuck(redis_server: RedisServer) -> None:
    assert await records.attack(redis_server.url, Random(f"{SEED}/0"), 40) == []


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
async def test_damaged_streams_of_the_model_are_answered_with_words(
    redis_server: RedisServer,
) -> None:
    assert await streams.attack(redis_server.url, Random(f"{SEED}/0"), 60) == []
