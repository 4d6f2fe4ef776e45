"""Connections to the public internet alone, whatever names resolve to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.resolver import ThreadedResolver

from bot.domain.web_address import is_public

#: Bytes that the system keeps of what was not read, twice this by socket(7). As many are parsed at a stretch, and
#: in chunks of one byte each takes 2 µs; eight pages at a time then take the event loop for 30 ms.
RECEIVED: Final = 8_192
#: Answers to one request, hints (103) included.
ANSWERS: Final = 10

#: Whether an address, with a port, may be connected to.
Allows = Callable[[str, int], bool]
#: What `getaddrinfo` says of an address: family, kind, protocol, name, and where to connect.
_Endpoint = tuple[int, int, int, str, tuple[Any, ...]]


class NotPublic(OSError):
    """An address that a name resolves to is not of the public internet."""


def public(address: str, port: int) -> bool:
    """Allow every address of the public internet; its port was looked at where the URL was read."""
    del port
    return is_public(address)


class _PublicNames(AbstractResolver):
    """Of the addresses of a name, those that may be connected to."""

    def __init__(self, names: AbstractResolver, allows: Allows) -> None:
        self._names = names
        self._allows = allows

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        allowed = [one for one in found if self._allows(one["host"], one["port"])]
        if not allowed:
            raise NotPublic
        return allowed

    async def close(self) -> None:
        await self._names.close()


class _FewAnswers(ResponseHandler):
    """Hangs up on a server that answers one request with many hints."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._answers = 0

    def feed_data(self, data: Any, size: int = 0) -> None:
        self._answers += 1
        if self._answers <= ANSWERS:
            super().feed_data(data, size)
        elif self.transport:
            self.transport.abort()


class PublicConnector(aiohttp.TCPConnector):
    """Looks at an address three times: as the resolver names it, as it is connected to, as it is connected.

    A name is resolved once for a connection, so another answer a moment later (DNS rebinding) is not asked
    for; were it given all the same, no packet would go there. Nothing is kept between two requests.
    """

    def __init__(self, *, names: AbstractResolver | None = None, allows: Allows = public) -> None:
        self._allows = allows
        super().__init__(
            resolver=_PublicNames(names or ThreadedResolver(), allows),
            use_dns_cache=False,
            force_close=True,
            socket_factory=self._socket,
        )

    def _socket(self, info: _Endpoint) -> socket.socket:
        family, kind, protocol, _, where = info
        if not self._allows(str(where[0]), int(where[1])):
            raise NotPublic
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVED)
        return made

    async def _wrap_create_connection(
        self, factory: object, *args: Any, **kwargs: Any
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        """Hang up on a peer that is another one than was looked at, before a request is sent."""
        del factory
        transport, protocol = await super()._wrap_create_connection(
            lambda: _FewAnswers(self._loop), *args, **kwargs
        )
        address, port, *_ = transport.get_extra_info("peername") or ("", 0)
        if not self._allows(address, port):
            transport.abort()
            raise NotPublic
        return transport, protocol
