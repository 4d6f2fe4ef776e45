"""The model's answers, damaged event by event on their way."""

from __future__ import annotations

import logging
from random import Random
from typing import Any

from tests.fuzz.mutate import broken, damaged, dumped
from tests.fuzz.payloads import Complaints, answered, closing
from tests.world import World
from tests.world import world as make_world

ASKED = ("show me INV-1003", "refund $29 on INV-1003", "hello", "write a long answer")


async def attack(redis_url: str, random: Random, count: int) -> list[str]:
    """Ask so many questions while answers come in damaged; returns what was wrong then or afterwards."""
    # A run that fails is told to the person, and logged; the bot and its worker must not mind.
    complaints, problems = Complaints("openai.agents", "bot.agents.failed_runs"), list[str]()
    logging.getLogger().addHandler(complaints)
    try:
        async with make_world(redis_url, strict_pace=False) as world, world.bot(PENDING_PER_REQUESTER="1000"):
            world.model.garble = lambda event: _garbled(event, random)
            messages = [await world.asks(random.choice(ASKED)) for _ in range(count)]
            problems += [problem for at in messages if (problem := await _answer_to(world, at))]
            world.model.garble = None
            problems += await closing(world, messages[0])
    finally:
        logging.getLogger().removeHandler(complaints)
    return problems + complaints.found


async def _answer_to(world: World, message: str) -> str:
    try:
        await world.slack.until(lambda: answered(world, message, message), timeout=90)
    except AssertionError:
        return f"message {message} has no answer"
    return ""


def _garbled(event: dict[str, Any], random: Random) -> bytes:
    """Damage about every tenth event."""
    match random.randrange(30):
        case 0:
            return dumped(damaged(event, random))
        case 1:
            return broken(dumped(event), random).replace(b"\n", b" ")
        case 2:
            return b""
        case _:
            return dumped(event)
