"""What else there is on what a call acts on: made before, or waiting for people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import aclosing
from typing import Final

from bot.domain.approvals.approval import Approval
from bot.domain.approvals.same_target import OtherCall
from bot.domain.run import PendingCall
from bot.domain.tasks import for_each
from bot.slack.stored_arguments import amount
from bot.store.waiting import Waiting

#: Among so many that wait it is looked for: opening one takes some 50 µs.
LOOK: Final = 128


async def waiting_on(waiting: Waiting, approval: Approval, target: str) -> list[OtherCall]:
    """Find it among the first of what waits for the same people."""
    return others_on(approval, target, await _first_for(waiting, approval.thread.team, approval.roles))


async def others_for(
    waiting: Waiting, team: str, calls: Sequence[PendingCall]
) -> dict[frozenset[str], list[Approval]]:
    """The first of what waits for the people of calls that act on what others may act on, too; by their roles."""
    asked = {frozenset(one.role for one in call.requirements) for call in calls if call.on_target}
    found = await for_each(lambda roles: _first_for(waiting, team, roles), asked)
    return dict(zip(asked, found, strict=True))


async def _first_for(waiting: Waiting, team: str, roles: Collection[str]) -> list[Approval]:
    """The first of what waits for people of these roles."""
    found: list[Approval] = []
    async with aclosing(waiting.for_roles(team, roles)) as others:
        async for one in others:
            found.append(one)
            if len(found) >= LOOK:
                break
    return found


def others_on(approval: Approval, target: str, beside: Sequence[Approval]) -> list[OtherCall]:
    """Find it among what waits, and what is asked for `beside` it."""
    found = {one.id: one for one in beside if not one.is_final}
    return [
        OtherCall(one.requested_at, amount(one.arguments), waits=True)
        for one in found.values()
        if one.id != approval.id
        and one.tool == approval.tool
        and one.on_target
        and one.on_target.target == target
    ]
