"""One MCP server: connected when it is needed, connected anew when it was gone, and asked once for each call."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, cast

from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import (
    METHOD_NOT_FOUND,
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
)

from bot.agents.mcp.described import Described
from bot.agents.mcp.file import Server
from bot.agents.mcp.references import filled
from bot.domain.errors import BotError, ToolUnreachable

log = logging.getLogger(__name__)
# What the client says of its own holds what servers sent, and headers: nothing for a log. What matters is said here.
logging.getLogger("mcp").setLevel(logging.CRITICAL + 1)

#: What a call carries its idempotency key as, in the request's `_meta`; a server that knows it does nothing twice.
KEY: Final = "idempotencyKey"
#: This word for a command is the Python that the bot runs on.
PYTHON: Final = "python"
#: Pages of a list of tools that are asked for.
PAGES: Final = 50
#: Seconds that a server may take to end.
ENDING: Final = 10.0
_HINTS: Final = ("read_only_hint", "destructive_hint", "idempotent_hint", "open_world_hint")


class NoAnswer(BotError):
    """A call was sent and nothing usable came back: it may have been carried out."""


@dataclass(slots=True)
class _Life:
    """One connection, which lives in a task of its own: whoever opens it has to be the one that closes it."""

    client: asyncio.Future[Client] = field(default_factory=asyncio.Future[Client])
    over: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Connection:
    """A server by the name it has in mcp.toml. `values` are of the variables that its settings refer to."""

    def __init__(self, name: str, server: Server, values: Mapping[str, str]) -> None:
        self.name = name
        self.server = server
        self._values = values
        self._life: _Life | None = None
        self._turn = asyncio.Lock()
        #: How many calls are under way.
        self._calls = 0
        #: What it offered when it was last asked, by its own names; None while it never was.
        self.offers: Mapping[str, Described] | None = None

    async def look(self) -> Mapping[str, Described]:
        """Ask what it offers now; connect if need be, and once more if the connection turns out to be dead.

        Raises `ToolUnreachable`.
        """
        async with self._turn:
            if self._life is not None:
                try:
                    return await self._listed(self._life)
                except ToolUnreachable:
                    if self._calls:
                        raise  # ended now, it would take a call with it that is under way
                await self._end()
            self._life = await self._begin()
            return await self._listed(self._life)

    async def call(self, tool: str, arguments: Mapping[str, Any], key: str) -> CallToolResult:
        """Call a tool once; `look` comes first. An empty `key` is of a call that changes nothing.

        Raises `NoAnswer` where it was sent and may have been carried out.
        """
        life = self._life
        self._calls += 1
        try:
            if life is None:
                raise NoAnswer  # who called `look` finds one; it was closed since
            async with asyncio.timeout(self.server.call_seconds):
                return await self._send(await life.client, tool, arguments, key)
        except MCPError as error:
            # The one error that says that nothing was called. The client makes others up itself (an answer that it
            # cannot read is a "parse error", an odd content type an "invalid request"), and servers say "invalid
            # params" of a result that is not of their own form.
            if error.code == METHOD_NOT_FOUND:
                return _refused(error.message)
            raise NoAnswer(f"{self.name}: {type(error).__name__} {error.code}") from error
        except NoAnswer:
            raise
        except Exception as error:
            # Whatever the client raises once a call is out, it does not say that nothing happened.
            raise NoAnswer(f"{self.name}: {type(error).__name__}") from error
        finally:
            self._calls -= 1

    async def close(self) -> None:
        """Disconnect; a server that was started is ended."""
        async with self._turn:
            await self._end()

    async def _send(
        self, client: Client, tool: str, arguments: Mapping[str, Any], key: str
    ) -> CallToolResult:
        meta: Any = {KEY: key} if key else None
        params = CallToolRequestParams(name=tool, arguments=dict(arguments), _meta=meta)
        # Not `session.call_tool`: that one raises for an answer which is not of the form that the server announced,
        # and by then the call has been carried out.
        return await client.session.send_request(CallToolRequest(params=params), CallToolResult)

    async def _listed(self, life: _Life) -> Mapping[str, Described]:
        try:
            async with asyncio.timeout(self.server.connect_seconds):
                tools = await _list(await life.client)
        except Exception as error:
            # Other people's transports raise what they like; all of it means that nothing can be begun.
            raise ToolUnreachable(f"{self.name}: {type(error).__name__}") from error
        listed = Counter(tool.name for tool in tools)
        # A name that stands for two tools names neither of them.
        self.offers = {tool.name: tool for tool in tools if listed[tool.name] == 1}
        return self.offers

    async def _begin(self) -> _Life:
        life = _Life()
        life.task = asyncio.create_task(self._live(life))
        patience = self.server.connect_seconds
        try:
            await asyncio.wait(
                {life.task, life.client}, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            if not life.client.done():  # given up, or called off: what was started must not stay
                await _ended(life)
        if life.client.cancelled():
            raise ToolUnreachable(f"{self.name}: not connected")
        return life

    async def _end(self) -> None:
        life, self._life = self._life, None
        if life is not None:
            await _ended(life)

    async def _live(self, life: _Life) -> None:
        try:
            async with self._connected() as client:
                life.client.set_result(client)
                await life.over.wait()
        except Exception as error:
            log.warning("mcp server gone", extra={"server": self.name, "error": _kind(error)})

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[Client]:
        async with AsyncExitStack() as stack:
            if self.server.url:
                headers = self._filled(self.server.headers)
                http = await stack.enter_async_context(create_mcp_http_client(headers))
                transport: Any = streamable_http_client(self.server.url, http_client=http)
            else:
                command, *arguments = self.server.command
                transport = StdioServerParameters(
                    command=sys.executable if command == PYTHON else command,
                    args=arguments,
                    env=self._filled(self.server.env),
                )
            yield await stack.enter_async_context(Client(transport, cache=None))

    def _filled(self, texts: Mapping[str, str]) -> dict[str, str]:
        return {name: filled(text, self._values) for name, text in texts.items()}


async def _ended(life: _Life) -> None:
    """Let a connection end, and cut it off if it does not."""
    life.over.set()
    if life.task is None:
        return
    if not life.client.done():
        life.task.cancel()
    await asyncio.wait({life.task}, timeout=ENDING)
    life.task.cancel()
    await asyncio.wait({life.task}, timeout=ENDING)
    life.client.cancel()


async def _list(client: Client) -> list[Described]:
    """Every tool that the server lists, page by page."""
    tools: list[Described] = []
    cursor: str | None = None
    for _ in range(PAGES):
        page = await client.session.list_tools(params=PaginatedRequestParams(cursor=cursor))
        tools += map(_described, page.tools)
        cursor = page.next_cursor
        if not cursor:
            break
    return tools


def _described(tool: Tool) -> Described:
    said = tool.annotations
    hints = {name: getattr(said, name) for name in _HINTS} if said else {}
    told = {name: value for name, value in hints.items() if isinstance(value, bool)}
    title = tool.title or (said.title if said else "") or ""
    return Described(tool.name, tool.description or "", tool.input_schema, told, title)


def _kind(error: BaseException) -> str:
    """The name of an error, or of the first in a group of them; never its text, which may hold a header."""
    first: Any = error
    while isinstance(first, BaseExceptionGroup):
        first = cast("Any", first).exceptions[0]
    return type(first).__name__


def _refused(why: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=why)], is_error=True)
