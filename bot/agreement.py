"""At start: by which clock to work, beside whom, and with which keys."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.agents.tools.approval import ApprovedTool
from bot.announcement import announce
from bot.config import Settings
from bot.presence import Presence, on_roster
from bot.socket import who_am_i
from bot.sources import Sources
from bot.store import check
from bot.store.keys import Keys
from bot.store.roster import Roster
from bot.store.sealer import Sealer
from bot.timing import Timed, Timing, on_redis_time


@dataclass(frozen=True, slots=True)
class Agreement:
    """The clock that decides, the replica's place on the roster, and what seals."""

    timing: Timing
    presence: Presence
    sealer: Sealer


async def agree(
    stack: AsyncExitStack,
    settings: Settings,
    sources: Sources,
    redis: Redis,
    said: Timed[AsyncSlackResponse],
    approved: Sequence[ApprovedTool],
) -> Agreement:
    """Set the clock and join the others, until `stack` ends; `said` is Slack's word on who the bot is.

    Raises `CannotStart` where a clock is too far off, or settings or keys do not agree.
    """
    headers = Timed(cast("Any", said.answer.headers), said.asked, said.answered)
    timing = await stack.enter_async_context(on_redis_time(redis, sources, headers, settings.clock_tolerance))
    keys, me = Keys(settings.redis_prefix, settings.redis_shards), who_am_i(said.answer)
    replica = announce(settings, approved, token=sources.token(), team=me.team, bot=me.user)
    # Who was silent for as long as a lease holds no thread any more.
    presence = Presence(Roster(redis, keys, settings.lease), replica, settings.redis_prefix)
    await stack.enter_async_context(on_roster(presence))
    sealer = Sealer(
        settings.state_key_list, read_unbound=settings.read_unbound_seals, elsewhere=presence.keys
    )
    await check.insist_on_keys(redis, keys, sealer)
    return Agreement(timing, presence, sealer)
