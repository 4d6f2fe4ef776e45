"""A call that is no JSON object reaches no tool: the model is told, and the run goes on."""

from __future__ import annotations

import copy
from typing import Any, Final

from agents import FunctionTool, Tool
from agents.tool_context import ToolContext

from bot.agents.tools.call_arguments import is_object

NOT_JSON: Final = "ERROR: nothing was done: the arguments are no JSON object. Write the call again."


def readable(tool: Tool) -> Tool:
    """Put the check before a tool that works on its own; any other stays as it is, and so does the one given."""
    if not isinstance(tool, FunctionTool):
        return tool
    own, invoke = copy.copy(tool), tool.on_invoke_tool

    async def checked(ctx: ToolContext[Any], arguments: str) -> Any:
        return await invoke(ctx, arguments) if is_object(arguments) else NOT_JSON

    own.on_invoke_tool = checked
    return own
