"""`countersign roster`, and what the doctor says of it: who serves, and whether these settings fit in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
from redis.asyncio import Redis

from bot.agents.team import Team
from bot.background.presence import other_prefix
from bot.domain.errors import CannotStart
from bot.domain.finding import Finding
from bot.domain.roster import Register, Replica, brought, conflict, disagreement, founded
from bot.operations import doctor_slack
from bot.operations.reachable import PATIENCE
from bot.settings.config import Settings
from bot.store import client as redis_client
from bot.store.keys import Keys
from bot.store.roster import Roster
from bot.wiring.announcement import announce
from bot.wiring.assembly import all_approved


async def findings(settings: Settings, agents: Team[Any], me: tuple[str, str]) -> AsyncIterator[Finding]:
    """Judge whether a replica with these settings would be let in; `me` are the ids of workspace and bot."""
    replica = _described(settings, agents, *me)
    async with redis_client.connect_for_acks(settings.redis_url.get_secret_value()) as redis:
        roster = _roster(redis, settings)
        register, stored = await roster.read(), await roster.prefix_of(*me)
    problems = _problems(settings, replica, register, stored)
    for problem in problems:
        yield Finding.failed(problem)
    strangers = [one for one in register.living if one.policies != replica.policies]
    if strangers:
        yield Finding.warning(
            f"{len(strangers)} of {len(register.living)} replicas that serve have other policies or "
            "approvers: whoever starts last decides which count; see `countersign roster`."
        )
    elif not problems:
        yield Finding.ok(f"The settings agree with {len(register.living)} replicas that serve now.")


async def report(settings: Settings, agents: Team[Any], say: Callable[[str], None]) -> bool:
    """Print who serves, and how these settings compare; False where a start would be refused."""
    me = await _me(settings)
    replica = _described(settings, agents, *me)
    async with redis_client.connect_for_acks(settings.redis_url.get_secret_value()) as redis:
        roster = _roster(redis, settings)
        register, stored = await roster.read(), await roster.prefix_of(*me)
    say(f"This bot: {me[1]} of {me[0]}, stored under {stored or 'no prefix yet'}.")
    if register.shared is not None:
        say(f"Laid out with REDIS_SHARDS={register.shared.shards}.")
        say(f"Policies that count: {register.shared.policies}. Of these settings: {replica.policies}.")
    for one in register.living:
        says = "works" if register.shared and one.policies == register.shared.policies else "takes in only"
        say(f"{one.host} {one.id}: {says}; policies {one.policies}; seals with key {one.seals_with}.")
    problems = _problems(settings, replica, register, stored)
    for problem in problems:
        say(f"✗ {problem}")
    return not problems


async def accept(settings: Settings, agents: Team[Any], say: Callable[[str], None]) -> bool:
    """Write down what these settings say as what all share.

    Policies may change at any time: this is how earlier ones come back. For anything else no
    replica may serve, and the layout can change only where nothing is stored.
    Raises `CannotStart` where that is not so.
    """
    team, bot = await _me(settings)
    replica = _described(settings, agents, team, bot)
    async with redis_client.connect_for_acks(settings.redis_url.get_secret_value()) as redis:
        roster = _roster(redis, settings)
        while True:
            register, stored = await roster.read(), await roster.prefix_of(team, bot)
            shared = register.shared or founded(replica)
            if stored != settings.redis_prefix or disagreement(replica, shared):
                elsewhere = await _roster(redis, settings, stored or settings.redis_prefix).read()
                if register.living or elsewhere.living:
                    raise CannotStart("A replica serves now, or did a moment ago. Stop them all first.")
                if (shared.shards, shared.team) != (replica.shards, team) and not await roster.is_empty():
                    raise CannotStart(disagreement(replica, shared))
                shared = founded(replica)
            if await roster.enroll(register, brought(replica.policies, shared)):
                await roster.move(team, bot)
                say("Accepted. Replicas with these settings may start, and their policies count.")
                return True


def _problems(settings: Settings, replica: Replica, register: Register, stored: str) -> list[str]:
    differs = disagreement(replica, register.shared) if register.shared else ""
    moved = other_prefix(settings.redis_prefix, stored) if stored not in {"", settings.redis_prefix} else ""
    return [why for why in (differs, moved, conflict(replica, register.living)) if why]


def _described(settings: Settings, agents: Team[Any], team: str, bot: str) -> Replica:
    return announce(settings, agents, all_approved(settings, agents), (team, bot), token="")


def _roster(redis: Redis, settings: Settings, prefix: str = "") -> Roster:
    return Roster(redis, Keys(prefix or settings.redis_prefix, settings.redis_shards), settings.lease)


async def _me(settings: Settings) -> tuple[str, str]:
    """Ask Slack who the bot is. Raises `CannotStart`."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE), trust_env=True) as http:
        try:
            return await doctor_slack.who_am_i(http, settings)
        except doctor_slack.Refused:
            raise CannotStart("Slack could not be asked whose SLACK_BOT_TOKEN is.") from None
