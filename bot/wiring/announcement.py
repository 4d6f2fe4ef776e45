"""What the settings make a replica say of itself to the others."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any

from bot.agents.team import Team
from bot.agents.tools.approval import ApprovedTool
from bot.domain.roster import Replica
from bot.settings.config import Settings
from bot.store.sealer import key_names
from bot.wiring.policy_table import fingerprint


def announce(
    settings: Settings, agents: Team[Any], tools: Sequence[ApprovedTool], me: tuple[str, str], token: str
) -> Replica:
    """Describe a replica with these settings; `me` are Slack's ids of workspace and bot, `token` is its own."""
    names = key_names(settings.state_key_list)
    return Replica(
        id=token,
        host=platform.node(),
        shards=settings.redis_shards,
        team=me[0],
        bot=me[1],
        policies=fingerprint(settings, agents, tools),
        seals_with=names[0],
        opens=names,
        agents=agents.name,
        slots=settings.worker_concurrency,
        runs_on=True,
    )
