"""What tools get to see of the thread they work for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot import lease
from bot.agents.attempt import NO_ATTEMPT, Attempt
from bot.agents.billing_client import BillingClient
from bot.agents.progress import Progress
from bot.approval import Approval
from bot.sandbox.workbench import Workbench
from bot.thread import ThreadRef


@dataclass(frozen=True, slots=True)
class Permit:
    """A call that may run: as the model wrote it (by digest), with these arguments.

    `approval` is None for a call that nobody had to be asked about. `unknown_to` is the role
    that says what happened where it breaks off, `consent` who agreed or why nobody was asked, for the record.
    `effect` names what it does (`bot.effects`), `former` is how an earlier release may have named it.
    """

    tool: str
    asked_digest: str
    arguments: str
    approval: Approval | None = None
    unknown_to: str = ""
    consent: str = ""
    effect: str = ""
    former: str = ""


class Journal(Protocol):
    """Runs a side effect once per call, across processes and crashes."""

    async def run(self, call_id: str, permit: Permit, effect: Callable[[Attempt], Awaitable[str]]) -> str:
        """Do the effect under its idempotency key, or return what it returned before.

        Raises `NotAuthorized`, and `OutcomeUnknown` where it began and nobody knows how it ended.
        """
        ...


@dataclass(frozen=True, slots=True)
class RunContext:
    """The context of a run. Only the requester goes into a saved state; the rest is made anew.

    `permits` are of the calls that may run now. `attempt` is set for the body of an
    approved tool: its idempotency key, and whether that was sent before. `workbench` is there where code can be run, and `show` tells
    the thread what a tool is at. `faults` are errors of the bot's own store: they end the
    run and are never told to the model. `unsure` are calls that broke off, `busy` those under way. `called_off` ends their waiting: a person stopped the run, or it is no longer ours.
    """

    thread: ThreadRef
    requester: str
    billing: BillingClient
    journal: Journal
    permits: Mapping[str, Permit]
    workbench: Workbench | None = None
    show: Callable[[Progress], None] = lambda step: None
    attempt: Attempt = NO_ATTEMPT
    faults: list[Exception] = field(default_factory=list[Exception])
    unsure: list[str] = field(default_factory=list[str])
    busy: set[str] = field(default_factory=set[str])
    called_off: asyncio.Event = field(default_factory=asyncio.Event)

    async def pause(self, seconds: float) -> bool:
        """Wait inside a side effect; False where nothing may be sent any more.

        A worker that lost its thread must not send again what people are asked about by then.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.called_off.wait(), seconds)
        return not self.called_off.is_set() and lease.is_held()


def serialize(context: Any) -> Mapping[str, Any]:
    """Write what a saved state keeps of its context."""
    return {"requester": context.requester}


def deserialize(stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read it back; the run gets a fresh context anyway."""
    return dict(stored)
