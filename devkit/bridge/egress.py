"""The one way out of a sandbox, where there is one: a proxy that connects to hosts on a list."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Final

from bot.domain.web_address import is_public

#: Where the proxy listens inside of each sandbox; the connections it makes are the bridge's own.
PORT: Final = 3128
#: The port of a host on the list that names none.
HTTPS: Final = 443
#: Bytes of a request's head; seconds until it has to be there, and for a connection to be made.
HEAD: Final = 8_192
PATIENCE: Final = 10.0
#: Connections of one sandbox at a time.
MOST: Final = 32
CHUNK: Final = 1 << 16

#: What comes of a request that is none, or of a peer that is gone.
SENSELESS: Final = (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


#: Whether an address, with a port, may be connected to.
Allows = Callable[[str, int], bool]


async def addresses(host: str, port: int) -> list[str]:
    """Look a name up. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [address for *_, (address, *_) in found if isinstance(address, str)]


def public(address: str, port: int) -> bool:
    """Allow every address of the public internet, as the bot does for pages."""
    del port
    return is_public(address)


class Egress:
    """Speaks CONNECT, and nothing else, to hosts of a list: `docs.example.com`, `*.example.com`, `host:8443`.

    A name on the list opens nothing private: its addresses are looked at, and its peer once it is connected.
    """

    def __init__(
        self, allowed: Sequence[str], *, resolve: Resolve = addresses, allows: Allows = public
    ) -> None:
        self._allowed = [_entry(text) for text in allowed]
        self._resolve = resolve
        self._allows = allows

    def permits(self, host: str, port: int) -> bool:
        """Whether the list has this host with this port."""
        name = host.lower().rstrip(".")
        return any(
            port == allowed and (name == wanted or (wanted.startswith("*.") and name.endswith(wanted[1:])))
            for wanted, allowed in self._allowed
        )

    async def listen(self, listener: socket.socket) -> asyncio.Server:
        """Serve a sandbox on a socket that was made in it."""
        gate = asyncio.Semaphore(MOST)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(*SENSELESS):
                if gate.locked():
                    await _answer(writer, HTTPStatus.SERVICE_UNAVAILABLE)
                else:
                    async with gate:
                        await self._serve(reader, writer)
            writer.close()

        return await asyncio.start_server(serve, sock=listener, limit=HEAD)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.partition(b" ")
        host, _, port = rest.partition(b" ")[0].decode("ascii").rpartition(":")
        if method != b"CONNECT" or not port.isdecimal():
            await _answer(writer, HTTPStatus.METHOD_NOT_ALLOWED)
        elif not self.permits(host, int(port)):
            await _answer(writer, HTTPStatus.FORBIDDEN)
        elif (there := await self._connected(host, int(port))) is None:
            await _answer(writer, HTTPStatus.BAD_GATEWAY)
        else:
            await _answer(writer, HTTPStatus.OK)
            await _relay((reader, writer), there)

    async def _connected(self, host: str, port: int) -> Stream | None:
        """Connect to what was looked up here: a second look might find another address."""
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(PATIENCE):
                for address in await self._resolve(host, port):
                    if self._allows(address, port) and (there := await self._opened(address, port)):
                        return there
        return None

    async def _opened(self, address: str, port: int) -> Stream | None:
        """Connect, and hang up on a peer that is another one than was looked at, before a word is said."""
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(address, port)
            peer = writer.get_extra_info("peername") or ("", 0)
            if self._allows(str(peer[0]), int(peer[1])):
                return reader, writer
            writer.transport.abort()
        return None


def _entry(text: str) -> tuple[str, int]:
    host, _, port = text.lower().partition(":")
    if not host.strip("*.") or "*" in host[1:] or (port and not port.isdecimal()):
        raise ValueError(f"{text!r} is no host such as docs.example.com, *.example.com or host:8443")
    return host, int(port or HTTPS)


async def _answer(writer: asyncio.StreamWriter, status: HTTPStatus) -> None:
    writer.write(f"HTTP/1.1 {status.value} {status.phrase}\r\n\r\n".encode())
    await writer.drain()


async def _relay(here: Stream, there: Stream) -> None:
    """Carry bytes both ways until one side is cut off, or both have said all."""
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(_carry(here[0], there[1]))
            both.create_task(_carry(there[0], here[1]))
    except* OSError:
        pass
    finally:
        there[1].close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
