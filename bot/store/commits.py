"""What `commit.lua` is given: a claim, what becomes of its event, and what the event has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.domain.weight import beside
from bot.store.claim import Claim
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.writes import Command, Writes

#: Added to an event's Slack time in microseconds, so that lanes sort before time. Slack times
#: stay below it until 2065, and the sum below 2**53, so a double holds it exactly.
LANE: Final = 3_000_000_000_000_000
NOW: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Keys and arguments of the script, and the commands that it will carry out."""

    keys: Sequence[str]
    arguments: Sequence[str | bytes | int]
    commands: Sequence[Command]


async def prepared(  # noqa: PLR0913 - what is written, where, and what becomes of the event
    keys: Keys,
    sealer: Sealer,
    claim: Claim,
    mode: str,
    writes: Writes,
    *,
    retry_in: timedelta = NOW,
    forgive: bool = False,
    only_in: str = "",
) -> Prepared:
    """Seal what is to be written; beside the event loop where that is a long conversation or a large run.

    `only_in` is the `run_id` of the Redis that may carry it out; any may where it is empty.
    """
    commands = await beside(writes.is_little, writes.commands, keys, sealer, claim.thread)
    written: list[str | bytes | int] = []
    for number, command in enumerate(commands, start=1):
        written += [2 + len(command.arguments), command.name, number, *command.arguments]
    arguments = [
        *(str(claim.thread), LANE, claim.fence, claim.owner, mode, claim.event_id),
        *(
            int(retry_in / timedelta(milliseconds=1)),
            int(forgive),
            claim.commits.known,
            only_in,
            len(commands),
        ),
        *written,
    ]
    return Prepared([*keys.moving(claim.thread), *(one.key for one in commands)], arguments, commands)
