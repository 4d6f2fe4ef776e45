"""What else there is on what a call acts on: made before, or waiting for people."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import Final

from bot.domain.approvals.approval import Approval
from bot.domain.approvals.same_target import OtherCall
from bot.slack.stored_arguments import amount
from bot.store.waiting import Waiting

#: Among so many that wait it is looked for: opening one takes some 50 µs.
LOOK: Final = 128


async def waiting_on(
    waiting: Waiting, approval: Approval, target: str, beside: Sequence[Approval]
) -> list[OtherCall]:
    """Find it among the first of what waits for the same people, and of what is asked for `beside` it."""
    found = {one.id: one for one in beside if not one.is_final}
    seen = 0
    async with aclosing(waiting.for_roles(approval.thread.team, approval.roles)) as others:
        async for one in others:
            found[one.id] = one
            seen += 1
            if seen >= LOOK:
                break
    return [
        OtherCall(one.requested_at, amount(one.arguments), waits=True)
        for one in found.values()
        if one.id != approval.id
        and one.tool == approval.tool
        and one.on_target
        and one.on_target.target == target
    ]
