"""Calls that may run, each with the name of what it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.agents.context import Permit
from bot.domain.effects import Asked, former_name, name, names
from bot.domain.run import PendingCall, ThreadState
from bot.domain.thread import ThreadRef


def foretold(
    thread: ThreadRef, state: ThreadState, calls: Sequence[PendingCall], asked: Sequence[Asked]
) -> tuple[PendingCall, ...]:
    """Name what stopped calls would do, if all of them may run."""
    effects = names(thread, state.run_id, asked, behind=state.effects)
    return tuple(replace(call, effect=effect) for call, effect in zip(calls, effects, strict=True))


def named(
    thread: ThreadRef, state: ThreadState, permits: Mapping[str, Permit], asked: Mapping[str, Asked]
) -> dict[str, Permit]:
    """Name what the calls of one step do, by what the model asked for.

    An approver's change does not count: it is the same wish, and a service that has met it in
    one form must not be paid for it in another.
    """
    effects = names(thread, state.run_id, [asked[call_id] for call_id in permits], behind=state.effects)
    found: dict[str, Permit] = {}
    for effect, (call_id, permit) in zip(effects, permits.items(), strict=True):
        former = former_name(thread, state.generation, state.run_id, call_id, permit.asked_digest)
        # Some servers count their call ids from zero in every answer: what this release has done
        # under such a name is not this call.
        is_first = name(thread, state.run_id, asked[call_id]) not in state.effects
        found[call_id] = replace(permit, effect=effect, former=former if is_first else "")
    return found
