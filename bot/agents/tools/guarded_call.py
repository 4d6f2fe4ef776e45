"""A call of an approved tool, at the moment that it runs: only as it was shown, in the journal, to its end."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from agents.tool_context import ToolContext

from bot.agents.attempt import Attempt
from bot.agents.context import Permit, RunContext, always_ready
from bot.agents.tool_result import Result
from bot.agents.tools.call_arguments import arguments_of, written
from bot.domain.approvals.approval import Ending, canonical, digest
from bot.domain.approvals.tool_form import ToolForm
from bot.domain.errors import NotAuthorized, OutcomeUnknown, Starved, ToolUnreachable

log = logging.getLogger(__name__)

NOT_AS_SHOWN: Final = "ERROR: this call is not what was approved, so it was not made."
CHANGED: Final = (
    "ERROR: this tool has changed since the call was approved, so it was not made. An operator has to look at the "
    "change and accept it; then it can be asked for again."
)
UNKNOWN_OUTCOME: Final = "ERROR: the tool broke off, so it is not known whether this happened."


@dataclass(frozen=True, slots=True)
class Remote:
    """What a tool is whose body runs on somebody else's server: its `version`, and how that server gets `ready`.

    `ready` raises `ToolUnreachable` where nothing can be begun.
    """

    version: str = ""
    ready: Callable[[], Awaitable[None]] = always_ready


HERE: Final = Remote()


async def guarded_call(
    ctx: ToolContext[RunContext],
    arguments: str,
    invoke: Callable[[ToolContext[Any], str], Awaitable[Result]],
    form: ToolForm,
    remote: Remote,
) -> str:
    """Run a call if it is what was permitted; what its tool returned, or for the model why it did not run."""
    asked = digest(ctx.tool_name, canonical(arguments_of(arguments)))
    permit = ctx.context.permits.get(ctx.tool_call_id)
    if permit is None or permit.asked_digest != asked:
        log.error("call is not what was approved", extra={"tool": ctx.tool_name})
        return NOT_AS_SHOWN
    if wrong := form.problems(arguments_of(permit.arguments)):
        return (
            f"ERROR: nothing was done. {' '.join(f'{name}: {text}' for name, text in sorted(wrong.items()))}"
        )
    edited = written(form, arguments_of(permit.arguments)) != written(form, arguments_of(arguments))
    try:
        run = _journalled(ctx, permit, permit.arguments, invoke, remote)
        result = await _uncancelled(ctx, run)
    except NotAuthorized:
        log.error("call is not authorized", extra={"tool": ctx.tool_name})
        return NOT_AS_SHOWN
    except OutcomeUnknown:
        ctx.context.unsure.append(ctx.tool_call_id)
        ctx.context.endings[ctx.tool_call_id] = Ending.UNKNOWN
        return UNKNOWN_OUTCOME
    except ToolUnreachable:
        raise  # the run fails, and Retry goes on from here
    except Exception as error:
        ctx.context.faults.append(error)
        raise
    ctx.context.endings[ctx.tool_call_id] = result.ending
    if edited:
        return f"An approver changed this call; it ran with {permit.arguments} and returned: {result.told}"
    return result.told


async def _journalled(
    ctx: ToolContext[RunContext],
    permit: Permit,
    arguments: str,
    invoke: Callable[[ToolContext[Any], str], Awaitable[Result]],
    remote: Remote,
) -> Result:
    async def effect(attempt: Attempt) -> Result:
        if permit.approval is not None and permit.approval.tool_version != remote.version:
            if attempt.sent_before:
                raise OutcomeUnknown  # the tool as it was may have done it
            return Result(CHANGED)
        own = copy.copy(ctx)  # calls run side by side, and each has a key of its own
        own.context = replace(ctx.context, attempt=replace(attempt, pause=ctx.context.pause))
        try:
            result = await invoke(own, arguments)
            if own.context.workspace is not None:  # what it made is kept with the note that it is done
                await own.context.workspace.pack()
            return result
        except Starved:
            raise  # it had not begun
        except OutcomeUnknown as unknown:
            log.warning("tool broke off", extra={"tool": ctx.tool_name, "error": type(unknown).__name__})
            raise
        except Exception as error:
            log.exception("tool failed", extra={"tool": ctx.tool_name, "error": type(error).__name__})
            raise OutcomeUnknown from error

    return await ctx.context.journal.run(ctx.tool_call_id, permit, effect, remote.ready)


async def _uncancelled(ctx: ToolContext[RunContext], call: Awaitable[Result]) -> Result:
    """Let a call that has begun come to its end: cut off, nobody would know what it did."""
    task = asyncio.ensure_future(call)
    ctx.context.busy.add(ctx.tool_call_id)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        ctx.context.called_off.set()  # it ends, but does not wait for a busy service any more
        while not task.done():  # whoever cancels a second time has to wait as well
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({task})
        task.exception()  # it is in the journal; asked for here, so that it does not count as lost
        raise
    finally:
        ctx.context.busy.discard(ctx.tool_call_id)
