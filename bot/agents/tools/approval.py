"""Tools with a side effect: stopped before they run, run once, and only as they were shown.

Every call of such a tool stops the run, so that the intent is saved under its `call_id` before
anything happens. The tool's policy then says who must approve it, or that nobody need.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Concatenate, Final, ParamSpec, cast

from agents import FunctionTool, RunContextWrapper, function_tool
from agents.function_schema import function_schema
from agents.tool_context import ToolContext
from pydantic import BaseModel, ValidationError

from bot.agents.attempt import Attempt
from bot.agents.context import Permit, RunContext
from bot.agents.tools.settles import Settles, anything, compared
from bot.approval import Offers, canonical, digest
from bot.errors import NotAuthorized, OutcomeUnknown
from bot.policy import Call, Policy
from bot.tool_form import ToolForm

log = logging.getLogger(__name__)

NOT_AS_SHOWN: Final = "ERROR: this call is not what was approved, so it was not made."
UNKNOWN_OUTCOME: Final = "ERROR: the tool broke off, so it is not known whether this happened."

P = ParamSpec("P")
Body = Callable[Concatenate[ToolContext[RunContext], P], Awaitable[str]]
#: Picks what tells one call from another out of its arguments, in one form whatever way they are written.
Identity = Callable[[Mapping[str, Any]], Mapping[str, object]]


def everything(arguments: Mapping[str, Any]) -> Mapping[str, object]:
    """Tell calls apart by all of their arguments."""
    return arguments


@dataclass(frozen=True, slots=True)
class ApprovedTool:
    """A tool and the policy beside it; `form` is how approvers may change a call of it.

    `identity` picks what tells one call from another, or raises for arguments that are none.
    """

    tool: FunctionTool
    policy: Policy
    form: ToolForm
    identity: Identity

    @property
    def offers(self) -> Offers:
        """What approvers may do beside Approve and Reject."""
        return Offers(self.policy.editable, self.policy.rest_of_run, self.policy.reason_required)

    def told_apart(self, arguments: str) -> str:
        """What tells a call from others of the tool, both canonical JSON: all of it, where that cannot be told."""
        try:
            return canonical(self.identity(json.loads(arguments)))
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
            return arguments  # a model's, which may be anything


def approved_tool(
    policy: Policy,
    *,
    only_if_asked: bool = False,
    identity: Identity = everything,
    settles: Settles = anything,
) -> Callable[[Body[P]], ApprovedTool]:
    """Make a tool of an async function whose first parameter is its `ToolContext`.

    With `only_if_asked` a call that needs nobody runs at once, without a journal: for a tool whose
    effects stay in a place that goes back to the last checkpoint together with the run.

    `identity` leaves out what a model words differently each time it is asked the same, such as a
    reason: calls that agree in the rest have the same idempotency key when a run is repeated.

    `settles` compares a result (that is no error) with the arguments, and says what is different: that is
    told to people, stands on the card, and is on record.

    The body finds its `ctx.context.attempt` and hands it on: with the key the service behind it
    can tell a repetition, and where the key was `sent_before`, a refusal settles nothing. What it returns is told to the model and kept; an expected failure
    is a text that begins with "ERROR:". One that raises has broken off: a person is asked
    whether it happened. Raises `ValueError` where the policy lets people edit what the tool
    does not have.
    """

    def decorate(body: Body[P]) -> ApprovedTool:
        def needed(context: RunContext, arguments: Mapping[str, Any]) -> bool:
            call = Call(tool.name, arguments, context.requester, context.thread.channel)
            return not only_if_asked or bool(policy.requirements(call))

        async def asks(ctx: RunContextWrapper[Any], arguments: dict[str, Any], call_id: str) -> bool:
            del call_id
            return needed(ctx.context, arguments)

        tool = function_tool(body, needs_approval=asks, failure_error_function=None)
        invoke = tool.on_invoke_tool
        model = function_schema(body).params_pydantic_model
        form = _form(tool, policy, model)

        async def guarded(ctx: ToolContext[Any], arguments: str) -> Any:
            if not needed(ctx.context, arguments_of(arguments)):
                return await invoke(ctx, arguments)
            return await _guard(ctx, arguments, settling, form)

        async def settling(ctx: ToolContext[Any], arguments: str) -> str:
            result = str(await invoke(ctx, arguments))
            failed = result.startswith("ERROR:")
            return result if failed else compared(settles, arguments_of(arguments), result)

        tool.on_invoke_tool = guarded
        if unknown := set(policy.editable) - set(model.model_fields):
            raise ValueError(f"{tool.name} has no {', '.join(sorted(unknown))} to edit")
        return ApprovedTool(tool, policy, form, identity)

    return decorate


def arguments_of(raw: str) -> Mapping[str, Any]:
    """Read a call's arguments as the model wrote them, whatever it wrote."""
    try:
        arguments: Any = json.loads(raw or "{}")
    except (ValueError, RecursionError):  # the second where it is nested very deep
        return {"(not JSON)": raw}
    if not isinstance(arguments, dict):
        return {"(not an object)": arguments}
    return cast("dict[str, Any]", arguments)


def _form(tool: FunctionTool, policy: Policy, model: type[BaseModel]) -> ToolForm:
    def problems(arguments: Mapping[str, Any]) -> dict[str, str]:
        try:
            model.model_validate(arguments)
        except ValidationError as error:
            return {
                str(detail["loc"][0]): detail["msg"]
                for detail in error.errors(include_input=False, include_url=False)
                if detail["loc"]
            }
        return {}

    # The model's own schema, not the tool's: that one is bent for models, all arguments required.
    return ToolForm(tool.name, model.model_json_schema(), policy.editable, problems)


async def _guard(
    ctx: ToolContext[RunContext],
    arguments: str,
    invoke: Callable[[ToolContext[Any], str], Awaitable[Any]],
    form: ToolForm,
) -> str:
    asked = digest(ctx.tool_name, canonical(arguments_of(arguments)))
    permit = ctx.context.permits.get(ctx.tool_call_id)
    if permit is None or permit.asked_digest != asked:
        log.error("call is not what was approved", extra={"tool": ctx.tool_name})
        return NOT_AS_SHOWN
    if wrong := form.problems(arguments_of(permit.arguments)):
        return f"ERROR: nothing was done, for these arguments are not valid: {', '.join(sorted(wrong))}."
    edited = digest(ctx.tool_name, permit.arguments) != asked
    try:
        result = await _uncancelled(
            ctx, _journalled(ctx, permit, permit.arguments if edited else arguments, invoke)
        )
    except NotAuthorized:
        log.error("call is not authorized", extra={"tool": ctx.tool_name})
        return NOT_AS_SHOWN
    except OutcomeUnknown:
        ctx.context.unsure.append(ctx.tool_call_id)
        return UNKNOWN_OUTCOME
    except Exception as error:
        ctx.context.faults.append(error)
        raise
    if edited:
        return f"An approver changed this call; it ran with {permit.arguments} and returned: {result}"
    return result


async def _journalled(
    ctx: ToolContext[RunContext],
    permit: Permit,
    arguments: str,
    invoke: Callable[[ToolContext[Any], str], Awaitable[Any]],
) -> str:
    async def effect(attempt: Attempt) -> str:
        own = copy.copy(ctx)  # calls run side by side, and each has a key of its own
        own.context = replace(ctx.context, attempt=replace(attempt, pause=ctx.context.pause))
        try:
            result = str(await invoke(own, arguments))
            if own.context.workbench is not None:  # what it made is kept with the note that it is done
                await own.context.workbench.pack()
            return result
        except Exception as error:
            log.exception("tool failed", extra={"tool": ctx.tool_name, "error": type(error).__name__})
            raise OutcomeUnknown from error

    return await ctx.context.journal.run(ctx.tool_call_id, permit, effect)


async def _uncancelled(ctx: ToolContext[RunContext], call: Awaitable[str]) -> str:
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
