"""Named moments at which a bot process kills itself, with SIGKILL, so that nothing of it can clean up.

`arm` is called inside that process, before it starts. Each point is a place in the bot's code; the
first time it is passed, the process is gone.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from bot.domain import sentences
from bot.domain.budget import GO_ON
from bot.domain.events import DecisionMade, MessageReceived
from bot.domain.run import JournalStatus
from bot.slack.client import Slack
from bot.slack.socket_mode import SteadyClient
from bot.store.budgets import Budgets
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.keys import place
from bot.store.records import APPROVAL, JOURNAL
from bot.store.writes import Command, Writes

Method = Callable[..., Awaitable[Any]]
#: Tells by the commands of a fenced write, and the inbox they go through, whether it is the one.
Which = Callable[[Inbox, Sequence[Command]], bool]


def die() -> None:
    """Be gone at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def wrap(kind: type, name: str, make: Callable[[Method], Method]) -> None:
    """Put something around a method of a class."""
    setattr(kind, name, make(getattr(kind, name)))


def at_append(event_type: type) -> None:
    """Die when an event of this type is stored, and before anybody could know. Nothing is claimed."""

    def make(append: Method) -> Method:
        async def until_stored(self: Inbox, thread: Any, event: Any, **options: Any) -> Any:
            if isinstance(event, event_type):
                BLIND.append(event_type)
            stored = await append(self, thread, event, **options)
            if isinstance(event, event_type):
                die()
            return stored

        return until_stored

    wrap(Inbox, "append", make)
    blind_claims()


#: Not empty: nothing is claimed any more.
BLIND: list[type] = []


def blind_claims() -> None:
    """Claim nothing once `BLIND` says so."""

    def make(claim: Method) -> Method:
        async def unless_blind(self: Inbox, *arguments: Any, **options: Any) -> Any:
            return None if BLIND else await claim(self, *arguments, **options)

        return unless_blind

    wrap(Inbox, "claim", make)


def at_ack() -> None:
    """Die when an ack is out. Nothing is claimed before."""
    BLIND.append(MessageReceived)
    blind_claims()

    def make(send: Method) -> Method:
        async def until_sent(self: SteadyClient, response: Any) -> None:
            await send(self, response)
            die()

        return until_sent

    wrap(SteadyClient, "send_socket_mode_response", make)


def at_claim() -> None:
    """Die with a fresh claim in hand."""

    def make(claim: Method) -> Method:
        async def until_claimed(self: Inbox, *arguments: Any, **options: Any) -> Any:
            found = await claim(self, *arguments, **options)
            if isinstance(found, Claim):
                die()
            return found

        return until_claimed

    wrap(Inbox, "claim", make)


def at_write(which: Which, *, before: bool) -> None:
    """Die right before, or right after, a fenced write."""

    def make(commit: Method) -> Method:
        async def until_written(self: Inbox, claim: Claim, mode: str, writes: Writes, **options: Any) -> Any:
            found = which(self, writes.commands(self._keys, self._sealer, claim.thread))
            if found and before:
                die()
            answer = await commit(self, claim, mode, writes, **options)
            if found:
                die()
            return answer

        return until_written

    wrap(Inbox, "_commit", make)


def at_slack(name: str, which: Callable[[dict[str, Any]], bool]) -> None:
    """Die right after a call of Slack was answered, and before the answer is noted."""

    def make(method: Method) -> Method:
        async def until_answered(self: Slack, *arguments: Any, **options: Any) -> Any:
            answer = await method(self, *arguments, **options)
            if which(options):
                die()
            return answer

        return until_answered

    wrap(Slack, name, make)


def at_raise() -> None:
    """Die when a budget is raised in Redis, and before the thread knows of it."""

    def make(raise_to: Method) -> Method:
        async def until_raised(self: Budgets, *arguments: Any, **options: Any) -> Any:
            await raise_to(self, *arguments, **options)
            die()

        return until_raised

    wrap(Budgets, "raise_to", make)


def before_final_edit() -> None:
    """Die when the final text of a run that has paid is about to be shown."""

    def make(update: Method) -> Method:
        async def until_final(self: Slack, *arguments: Any, **options: Any) -> Any:
            if not options.get("live") and "Done: I refunded" in str(options.get("text")):
                die()
            return await update(self, *arguments, **options)

        return until_final

    wrap(Slack, "update", make)


def _sets(commands: Sequence[Command], last: str) -> bool:
    return any(one.name == "SET" and one.key.endswith(f":{last}") for one in commands)


def _approvals(inbox: Inbox, commands: Sequence[Command]) -> list[Any]:
    written = [one for one in commands if one.name == "SET" and ":approval:" in one.key]
    return [APPROVAL.load(inbox._sealer, cast("bytes", one.arguments[0]), place(one.key)) for one in written]


def checkpoint(_: Inbox, commands: Sequence[Command]) -> bool:
    """The saved run, and no approval beside it."""
    return _sets(commands, "run") and not any(":approval:" in one.key for one in commands)


def interruption(_: Inbox, commands: Sequence[Command]) -> bool:
    """The saved run together with the approvals that it waits for."""
    return _sets(commands, "run") and any(":approval:" in one.key for one in commands)


def journal(status: JournalStatus) -> Which:
    """The entry of a side effect."""

    def which(inbox: Inbox, commands: Sequence[Command]) -> bool:
        written = [one for one in commands if one.name == "HSET" and one.key.endswith(":journal")]
        entries = [
            JOURNAL.load(
                inbox._sealer, cast("bytes", one.arguments[1]), place(one.key, cast("str", one.arguments[0]))
            )
            for one in written
        ]
        return any(entry.status is status for entry in entries)

    return which


def forgetting(_: Inbox, commands: Sequence[Command]) -> bool:
    """The write of a reset."""
    named = [one.name for one in commands if one.key.endswith(":session")]
    return set(named) == {"DEL"} and any(one.key.endswith(":journal") for one in commands)


def expiry(inbox: Inbox, commands: Sequence[Command]) -> bool:
    """The write that closes an approval at its deadline."""
    return any(one.status == "expired" for one in _approvals(inbox, commands))


def withdrawal(inbox: Inbox, commands: Sequence[Command]) -> bool:
    """The write that closes an approval because who asked takes it back."""
    return any(one.closed_by for one in _approvals(inbox, commands))


def seen_anew(inbox: Inbox, commands: Sequence[Command]) -> bool:
    """The write of a click that found something else than its card showed."""
    return any(one.preview_changes for one in _approvals(inbox, commands))


def budget_stop(inbox: Inbox, commands: Sequence[Command]) -> bool:
    """The write of a run that a budget stops, with the question whether it may go on."""
    return any(one.tool == GO_ON and not one.is_final for one in _approvals(inbox, commands))


def raised_budget(inbox: Inbox, commands: Sequence[Command]) -> bool:
    """The write that notes that a budget was raised as people agreed."""
    return any(one.tool == GO_ON and one.execution is not None for one in _approvals(inbox, commands))


def _is_card(options: dict[str, Any]) -> bool:
    return (options.get("metadata") or {}).get("event_type") == "countersign_card"


def _is_long_wait(options: dict[str, Any]) -> bool:
    return sentences.MANY_ASK in str(options.get("text"))


def _is_half(options: dict[str, Any]) -> bool:
    return bool(options.get("live")) and "Part 1" in str(options.get("text"))


POINTS: dict[str, Callable[[], None]] = {
    "after append before ack": lambda: at_append(MessageReceived),
    "after ack before claim": at_ack,
    "after claim before load": at_claim,
    "before a checkpoint": lambda: at_write(checkpoint, before=True),
    "after a checkpoint": lambda: at_write(checkpoint, before=False),
    "mid-stream": lambda: at_slack("update", _is_half),
    "after the side effect before its journal entry": lambda: at_write(
        journal(JournalStatus.DONE), before=True
    ),
    "after the journal before the session write": lambda: at_write(journal(JournalStatus.DONE), before=False),
    "after interruption before state saved": lambda: at_write(interruption, before=True),
    "after state saved before the card": lambda: at_write(interruption, before=False),
    "after card before its ts is stored": lambda: at_slack("deliver", _is_card),
    "after the click is stored before the claim": lambda: at_append(DecisionMade),
    "after a change is recorded before it is told": lambda: at_write(seen_anew, before=False),
    "after a long wait is told before that is noted": lambda: at_slack("deliver", _is_long_wait),
    "after resume before the final edit": before_final_edit,
    "during reset": lambda: at_write(forgetting, before=False),
    "after a withdrawal before the run goes on": lambda: at_write(withdrawal, before=False),
    "after a budget stop is saved before the card": lambda: at_write(budget_stop, before=False),
    "after a budget is raised before that is noted": at_raise,
    "after a budget is raised before the run goes on": lambda: at_write(raised_budget, before=False),
    "during the expiry sweep": lambda: at_write(expiry, before=False),
}


def arm(point: str) -> None:
    """Make this process die at a point. Raises `KeyError` for one that is not known."""
    POINTS[point]()
