"""Tools with a side effect: stopped before they run, run once, and only as they were shown.

Every call of such a tool stops the run, so that the intent is saved under its `call_id` before
anything happens. The tool's policy then says who must approve it, or that nobody need.
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Concatenate, Final, ParamSpec, cast

from agents import FunctionTool, function_tool
from agents.tool_context import ToolContext

from bot.agents.context import RunContext
from bot.approval import Requirement, canonical, digest

log = logging.getLogger(__name__)

#: A function of a call's arguments and its requester's Slack id. None: nobody need be asked.
Policy = Callable[[Mapping[str, Any], str], Requirement | None]

FALLBACK: Final = Requirement(role="finance", why="The policy of this tool failed, so a person has to look.")
NOT_AS_SHOWN: Final = "ERROR: this call is not what was approved, so it was not made."
UNKNOWN_OUTCOME: Final = (
    "ERROR: the tool broke off, so it is not known whether this happened. Do not try again; "
    "tell the person that someone has to check."
)

P = ParamSpec("P")
Body = Callable[Concatenate[ToolContext[RunContext], P], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class ApprovedTool:
    """A tool and the policy beside it."""

    tool: FunctionTool
    policy: Policy

    def requirement(self, arguments: Mapping[str, Any], requester: str) -> Requirement | None:
        """Ask the policy; one that fails asks for a person."""
        try:
            return self.policy(arguments, requester)
        except Exception as error:
            log.exception("policy failed", extra={"tool": self.tool.name, "error": type(error).__name__})
            return FALLBACK


def approved_tool(policy: Policy) -> Callable[[Body[P]], ApprovedTool]:
    """Make a tool of an async function whose first parameter is its `ToolContext`.

    The body finds its `ctx.context.idempotency_key` and hands it on, so that the service behind
    it can tell a repetition. What it returns is told to the model and kept; an expected failure
    is a text that begins with "ERROR:".
    """

    def decorate(body: Body[P]) -> ApprovedTool:
        tool = function_tool(body, needs_approval=True, failure_error_function=None)
        invoke = tool.on_invoke_tool

        async def guarded(ctx: ToolContext[Any], arguments: str) -> Any:
            return await _guard(ctx, arguments, invoke)

        tool.on_invoke_tool = guarded
        return ApprovedTool(tool, policy)

    return decorate


def arguments_of(raw: str) -> Mapping[str, Any]:
    """Read a call's arguments as the model wrote them, whatever it wrote."""
    try:
        arguments: Any = json.loads(raw or "{}")
    except ValueError:
        return {"(not JSON)": raw}
    if not isinstance(arguments, dict):
        return {"(not an object)": arguments}
    return cast("dict[str, Any]", arguments)


class _BodyFailed(Exception):
    """The body of a tool raised; its effect may have happened."""


async def _guard(
    ctx: ToolContext[RunContext], arguments: str, invoke: Callable[[ToolContext[Any], str], Awaitable[Any]]
) -> str:
    fingerprint = digest(ctx.tool_name, canonical(arguments_of(arguments)))
    if ctx.context.approved.get(ctx.tool_call_id) != fingerprint:
        log.error("call is not what was approved", extra={"tool": ctx.tool_name})
        return NOT_AS_SHOWN

    async def effect(key: str) -> str:
        own = copy.copy(ctx)  # calls run side by side, and each has a key of its own
        own.context = replace(ctx.context, idempotency_key=key)
        try:
            return str(await invoke(own, arguments))
        except Exception as error:
            log.exception("tool failed", extra={"tool": ctx.tool_name, "error": type(error).__name__})
            raise _BodyFailed from error

    try:
        return await ctx.context.journal.run(f"{ctx.tool_call_id}:{fingerprint[:16]}", effect)
    except _BodyFailed:
        return UNKNOWN_OUTCOME
    except Exception as error:
        ctx.context.faults.append(error)
        raise
