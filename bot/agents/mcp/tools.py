"""Tools of MCP servers as agents get them: in the journal where people may be asked, beside it where not."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final, cast

from agents import FunctionTool, RunContextWrapper
from agents.agent import AgentBase
from agents.tool_context import ToolContext

from bot.agents.context import RunContext
from bot.agents.mcp import answers
from bot.agents.mcp.connection import Connection, NoAnswer
from bot.agents.mcp.described import Described, offered_name, title
from bot.agents.mcp.terms import Asks
from bot.agents.tools.approval import ApprovedTool, everything, guard
from bot.agents.tools.call_arguments import arguments_of
from bot.agents.tools.guarded_call import CHANGED, Remote
from bot.agents.tools.schema_check import checked
from bot.domain.approvals.tool_form import ToolForm
from bot.domain.errors import OutcomeUnknown, ToolUnreachable

UNREACHABLE: Final = "ERROR: the server of this tool cannot be reached at present, so nothing was done."
NO_ANSWER: Final = "ERROR: the server of this tool gave no usable answer."


@dataclasses.dataclass(frozen=True, slots=True)
class Accepted:
    """A tool of a server, as an operator has accepted it."""

    connection: Connection
    tool: Described

    @property
    def name(self) -> str:
        return offered_name(self.connection.name, self.tool.name)

    @property
    def fingerprint(self) -> str:
        return self.tool.fingerprint(self.connection.server.identity)

    def is_as_accepted(self) -> bool:
        """Whether the server's last word on it is what was accepted, or there was none yet."""
        if self.connection.offers is None:
            return True
        now = self.connection.offers.get(self.tool.name)
        return now is not None and now.fingerprint(self.connection.server.identity) == self.fingerprint

    async def called(self, arguments: Mapping[str, Any], key: str = "") -> str:
        """Call it, unless it has changed; raises `NoAnswer`."""
        if not self.is_as_accepted():
            return CHANGED
        answer = await self.connection.call(self.tool.name, arguments, key)
        return answers.told(self.connection.name, answer)


def approved(one: Accepted, asks: Asks) -> ApprovedTool:
    """Make a tool whose calls may wait for people.

    Raises `ValueError` where the policy names an argument that the tool does not have.
    """

    async def call(ctx: ToolContext[RunContext], arguments: str) -> str:
        attempt = ctx.context.attempt
        result = await one.called(arguments_of(arguments), attempt.key)
        if attempt.sent_before and result.startswith(answers.FAILED):
            raise OutcomeUnknown  # the earlier try may have done it, whatever is said of this one
        return result

    async def ready() -> None:
        await one.connection.look()

    if unknown := sorted(asks.arguments - one.tool.arguments):
        raise ValueError(f"{one.name} has no argument {', '.join(unknown)}")
    policy = asks.policy()
    form = ToolForm(one.name, one.tool.schema, policy.editable, checked(one.tool.schema, patterns=False))
    remote = Remote(one.fingerprint, ready)
    named = asks.title or title(one.connection.name, one.tool.name)
    return guard(
        _tool(one, call), policy, form, identity=everything, title=named, remote=remote, acts=asks.acts
    )


def allowed(one: Accepted) -> FunctionTool:
    """Make a tool about which nobody is asked."""
    problems = checked(one.tool.schema, patterns=False)

    async def call(ctx: ToolContext[RunContext], arguments: str) -> str:
        del ctx
        given = arguments_of(arguments)
        if wrong := problems(given):
            return f"ERROR: these arguments are not valid: {', '.join(sorted(wrong))}."
        try:
            await one.connection.look()
            return await one.called(given)
        except ToolUnreachable:
            return UNREACHABLE
        except NoAnswer:
            return NO_ANSWER

    return _tool(one, call)


def _tool(one: Accepted, call: Any) -> FunctionTool:
    def is_offered(ctx: RunContextWrapper[Any], agent: AgentBase[Any]) -> bool:
        del agent
        if not isinstance(ctx.context, RunContext):
            return True  # a saved run is being read: what it waits for has to be found
        waits = any(permit.tool == one.name for permit in cast("RunContext", ctx.context).permits.values())
        return waits or one.is_as_accepted()

    return FunctionTool(
        name=one.name,
        description=one.tool.description,
        params_json_schema=dict(one.tool.schema),
        on_invoke_tool=call,
        strict_json_schema=False,
        is_enabled=is_offered,
        _failure_error_function=None,
        _use_default_failure_error_function=False,
    )
