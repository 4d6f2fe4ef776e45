"""`python -m devkit.operations.server`: the server, over stdio. OPERATIONS_STATE names the file of its state.

What it has done under an idempotency key it does not do again, and answers as it did then.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic_settings import BaseSettings

from devkit.operations.state import Service, State, changing, read


class Where(BaseSettings):
    """Where the state is."""

    operations_state: Path


STATE = Where().operations_state  # pyright: ignore[reportCallIssue]

NAME = {"type": "string", "description": "The name of the service."}


def tools(state: State) -> list[Tool]:
    """What it offers; a test may have changed the words."""
    restart = "Restart all copies of a service. Requests that it is answering are cut off."
    return [
        _tool("list_services", "List the services.", {}, ToolAnnotations(read_only_hint=True)),
        _tool(
            "service_status",
            "Say how a service does: how many copies run, how often it was restarted.",
            {"service": NAME},
            ToolAnnotations(read_only_hint=True),
        ),
        _tool(
            "restart_service",
            state.switches.description or restart,
            state.switches.schema or {"service": NAME},
            ToolAnnotations(destructive_hint=True, idempotent_hint=False),
        ),
        _tool(
            "scale_service",
            "Run so many copies of a service.",
            {
                "service": NAME,
                "replicas": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 50,
                    "description": "How many copies.",
                },
            },
            ToolAnnotations(destructive_hint=False, idempotent_hint=True),
        ),
        _tool(
            "delete_service",
            "Delete a service for good.",
            {"service": NAME},
            ToolAnnotations(destructive_hint=True),
        ),
    ]


def _tool(name: str, description: str, properties: dict[str, Any], hints: ToolAnnotations) -> Tool:
    schema = {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }
    return Tool(name=name, description=description, input_schema=schema, annotations=hints)


async def list_tools(
    ctx: ServerRequestContext[Any], params: PaginatedRequestParams | None
) -> ListToolsResult:
    """Answer `tools/list`."""
    del ctx, params
    state = read(STATE)
    if state.switches.down:
        os._exit(1)
    if state.switches.lists_after:
        await asyncio.sleep(state.switches.lists_after)
    return ListToolsResult(tools=tools(state), ttl_ms=0, cache_scope="private")


async def call_tool(ctx: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
    """Answer `tools/call`."""
    meta: Any = ctx.meta or {}
    key = str(meta.get("idempotencyKey", ""))
    arguments = params.arguments or {}
    with changing(STATE) as state:
        switches = state.switches
        state.calls.append({"tool": params.name, "key": key, "arguments": arguments})
        dies, switches.dies = switches.dies, ""
        if switches.refuses:
            return _answer(switches.refuses, is_error=True)
        known = state.done.get(key) if key else None
        said = known or ("" if dies == "before" else _done(state, params.name, arguments))
        if key and said:
            state.done[key] = said
    if dies or switches.down:
        os._exit(1)
    if switches.hangs:
        await asyncio.sleep(switches.hangs)
    told = switches.answer or said
    if switches.size:
        told = (told * (switches.size // len(told) + 1))[: switches.size]
    return _answer(told, is_error=told.startswith("There is no"))


def _done(state: State, tool: str, arguments: dict[str, Any]) -> str:
    if tool == "list_services":
        return ", ".join(state.services)
    service = state.services.get(str(arguments.get("service")))
    if service is None:
        return "There is no such service."
    name = str(arguments["service"])
    match tool:
        case "service_status":
            return _status(name, service)
        case "restart_service":
            service.restarts += 1
            return f"Restarted: {_status(name, service)}"
        case "scale_service":
            service.replicas = int(arguments["replicas"])
            return f"Scaled: {_status(name, service)}"
        case "delete_service":
            del state.services[name]
            return f"Deleted: {name}."
        case _:
            return "There is no such tool."


def _status(name: str, service: Service) -> str:
    copies = "1 copy" if service.replicas == 1 else f"{service.replicas} copies"
    restarts = "once" if service.restarts == 1 else f"{service.restarts} times"
    return f"{name} runs {copies} and was restarted {restarts}."


def _answer(text: str, *, is_error: bool) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=is_error)


async def main() -> None:
    """Serve until the other side closes."""
    if read(STATE).switches.down:
        raise SystemExit(1)
    server = Server("operations", on_list_tools=list_tools, on_call_tool=call_tool)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


if __name__ == "__main__":
    asyncio.run(main())
