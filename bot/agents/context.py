"""What tools get to see of the thread they work for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.agents.billing_client import BillingClient
from bot.thread import ThreadRef


class Journal(Protocol):
    """Runs a side effect once per call, across processes and crashes."""

    async def run(self, call_id: str, effect: Callable[[str], Awaitable[str]]) -> str:
        """Do the effect under its idempotency key, or return what it returned before."""
        ...


@dataclass(frozen=True, slots=True)
class RunContext:
    """The context of a run. Only the requester goes into a saved state; the rest is made anew.

    `approved` maps the calls that may run now to the digest of what was shown.
    `idempotency_key` is set for the body of an approved tool and empty elsewhere. `faults` are
    errors of the bot's own store: they end the run and are never told to the model.
    """

    thread: ThreadRef
    requester: str
    billing: BillingClient
    journal: Journal
    approved: Mapping[str, str]
    idempotency_key: str = ""
    faults: list[Exception] = field(default_factory=list[Exception])


def serialize(context: Any) -> Mapping[str, Any]:
    """Write what a saved state keeps of its context."""
    return {"requester": context.requester}


def deserialize(stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read it back; the run gets a fresh context anyway."""
    return dict(stored)
