"""A web on loopback: names that a table resolves, a site that may be reached, a listener that must not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Mapping, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from bot.agents.tools.pages import Reach
from bot.domain.web_address import is_public

SITE = "site.example"


def endpoint(address: str, port: int) -> ResolveResult:
    """An answer of a resolver."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=address, host=address, port=port, family=family, proto=0, flags=0)


class Names(AbstractResolver):
    """Resolves the names of a table, whatever port is asked for; any other name as the system does."""

    def __init__(self, table: Mapping[str, Sequence[ResolveResult]]) -> None:
        self.table = table

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host in self.table:
            return list(self.table[host])
        return await ThreadedResolver().resolve(host, port, family)

    async def close(self) -> None:
        """Hold nothing."""


class Listener:
    """Answers every path of its table with the very bytes there, and notes who comes and what is sent."""

    def __init__(self, answers: Mapping[str, bytes] | None = None) -> None:
        self.answers = dict(answers or {})
        self.endless: set[str] = set()
        self.connections = 0
        self.paths: list[str] = []
        self.received = b""
        self.port = 0
        self._served: set[asyncio.Task[None]] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if task := asyncio.current_task():
            self._served.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.received += head
            path = head.split(b" ")[1].decode()
            self.paths.append(path)
            writer.write(self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
            await writer.drain()
            if path in self.endless:
                await reader.read()
        writer.close()

    async def settled(self) -> None:
        """Wait until everybody who came has gone."""
        await asyncio.gather(*self._served)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncGenerator[Listener]:
        """Listen on this machine, by both of its addresses where it has them."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with contextlib.AsyncExitStack() as open_:
            await open_.enter_async_context(server)
            with contextlib.suppress(OSError):
                await open_.enter_async_context(await asyncio.start_server(self._serve, "::1", self.port))
            yield self


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """The bytes of a response that ends with its connection."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode() + body


def html(body: bytes, *headers: str) -> bytes:
    return answer(body, "Content-Type: text/html", *headers)


def reach(
    site: Listener, *more: Listener, names: Mapping[str, Sequence[ResolveResult]] | None = None
) -> Reach:
    """What a bot may fetch that knows the site, and of `more` the ports, but not that they may be reached."""
    table = {SITE: [endpoint("127.0.0.1", site.port)], **(names or {})}
    return Reach(
        names=Names(table),
        ports=frozenset({80, 443, site.port, *(one.port for one in more)}),
        allows=lambda address, port: is_public(address) or port == site.port,
    )
