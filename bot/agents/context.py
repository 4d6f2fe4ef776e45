"""What tools get to see of the thread they work for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol

from typing_extensions import TypeVar

from bot.agents.attempt import NO_ATTEMPT, Attempt
from bot.agents.course import Course
from bot.agents.progress import Progress
from bot.agents.tool_result import Result
from bot.domain import lease
from bot.domain.approvals.approval import Approval, Ending
from bot.domain.approvals.asker import UNKNOWN, Asker
from bot.domain.approvals.condition import Call
from bot.domain.approvals.earlier import EarlierCall
from bot.domain.masking import USUAL, Masks
from bot.domain.thread import ThreadRef
from bot.sandbox.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Permit:
    """A call that may run: as the model wrote it (by digest), with these arguments.

    `approval` is None for a call that nobody had to be asked about. `unknown_to` is the role
    that says what happened where it breaks off, `consent` who agreed or why nobody was asked, for the record.
    `effect` names what it does (`bot.domain.effects`), `former` is how an earlier release may have named it.
    `is_known`: it was made already, so the run may have its result and nothing else.
    """

    tool: str
    asked_digest: str
    arguments: str
    approval: Approval | None = None
    unknown_to: str = ""
    consent: str = ""
    effect: str = ""
    former: str = ""
    is_known: bool = False


class Journal(Protocol):
    """Runs a side effect once per call, across processes and crashes."""

    async def run(
        self,
        call_id: str,
        permit: Permit,
        effect: Callable[[Attempt], Awaitable[Result]],
        ready: Callable[[], Awaitable[None]],
    ) -> Result:
        """Do the effect under its idempotency key, or return what it returned before.

        `ready` is waited for before it begins; what it raises leaves everything as it was. Raises `NotAuthorized`, and `OutcomeUnknown` where it began and nobody knows how it ended.
        """
        ...


async def always_ready() -> None:
    """For an effect that needs nothing to be there."""


#: What a team's tools share, as the team makes it: clients, connections.
S = TypeVar("S", default=Any)


@dataclass(frozen=True, slots=True)
class RunContext(Generic[S]):
    """The context of a run, with the services of its team. Only the requester goes into a saved state; the rest is made anew.

    `permits` are of the calls that may run now. `attempt` is set for the body of an
    approved tool: its idempotency key, and whether that was sent before. `workspace` is there where code can be run, and `show` tells
    the thread what a tool is at. `faults` are errors of the bot's own store: they end the
    run and are never told to the model. `asker`, `earlier` and `now` are what policies see of who asks and of what was
    before, as far as it is known while the run is under way. `unsure` are calls that broke off, `busy` those under way, `endings` what became of those that ran. `called_off` ends their waiting: a person stopped the run, or it is no longer ours.
    `masks` say what of the model's words nobody is shown. `course` is what the run goes through.
    """

    thread: ThreadRef
    requester: str
    services: S
    journal: Journal
    permits: Mapping[str, Permit]
    workspace: Workspace | None = None
    show: Callable[[Progress], None] = lambda step: None
    attempt: Attempt = NO_ATTEMPT
    faults: list[Exception] = field(default_factory=list[Exception])
    unsure: list[str] = field(default_factory=list[str])
    busy: set[str] = field(default_factory=set[str])
    endings: dict[str, Ending] = field(default_factory=dict[str, Ending])
    called_off: asyncio.Event = field(default_factory=asyncio.Event)
    asker: Asker = UNKNOWN
    earlier: Sequence[EarlierCall] | None = None
    now: datetime | None = None
    masks: Masks = USUAL
    course: Course = field(default_factory=Course)

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Call:
        """A call of the run as policies see it; `arguments` in the tool's own form."""
        where = (self.requester, self.thread.channel, self.asker)
        return Call(tool, arguments, *where, self.earlier, self.now)

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
