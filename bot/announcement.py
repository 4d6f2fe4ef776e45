"""What the settings make a replica say of itself to the others."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from bot.agents.tools.approval import ApprovedTool
from bot.config import Settings
from bot.policy_table import fingerprint
from bot.roster import Replica
from bot.store.sealer import key_names


def announce(
    settings: Settings, tools: Sequence[ApprovedTool], *, token: str, team: str, bot: str
) -> Replica:
    """Describe a replica with these settings; `token` is its own, `team` and `bot` are Slack's ids."""
    names = key_names(settings.state_key_list)
    return Replica(
        id=token,
        host=platform.node(),
        shards=settings.redis_shards,
        team=team,
        bot=bot,
        policies=fingerprint(settings, tools),
        seals_with=names[0],
        opens=names,
    )
