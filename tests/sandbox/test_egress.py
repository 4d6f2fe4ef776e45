"""The way out of a sandbox: to the hosts on the list, and nowhere else."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devkit.bridge.egress import Egress, Resolve, addresses, public
from devkit.bridge.server import BridgeServer
from tests.sandbox.caller import Caller, new_sandbox
from tests.sandbox.conftest import Backend

TALK = """
import socket, sys
s = socket.create_connection(("127.0.0.1", 3128), 5)
s.sendall(sys.argv[1].encode() + b" HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
print(s.recv(100).split(b"\\r\\n")[0].decode())
s.sendall(b"ping\\n")
s.shutdown(socket.SHUT_WR)
print(s.makefile("rb").read().decode())
"""


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back what comes, then the end of it."""
    writer.write(b"echo " + await reader.read())
    await writer.drain()
    writer.close()


async def nowhere(host: str, port: int) -> Sequence[str]:
    """Take every name for one of this machine; what is public is tested apart."""
    del host, port
    return ["127.0.0.1"]


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
async def sandbox(tmp_path: Path, port: int) -> AsyncIterator[Caller]:
    listed = [f"*.example.test:{port}", "127.0.0.1:1"]
    egress = Egress(listed, resolve=nowhere, allows=lambda address, at: (address, at) == ("127.0.0.1", port))
    bridge = BridgeServer(tmp_path, egress=egress)
    await bridge.start()
    async with Backend(bridge.url, bridge.api_key).http() as http:
        yield await new_sandbox(http, bridge.url)
    await bridge.stop()


async def talk(sandbox: Caller, request: str) -> list[str]:
    done = await sandbox.run("python3", "-c", TALK, request)
    return done.stdout.split("\n")


async def test_a_host_on_the_list_is_reached(sandbox: Caller, port: int) -> None:
    assert await talk(sandbox, f"CONNECT a.example.test:{port}") == ["HTTP/1.1 200 OK", "echo ping", "", ""]


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("CONNECT a.example.test:22", "403 Forbidden"),
        ("CONNECT evilexample.test:{port}", "403 Forbidden"),
        ("CONNECT example.test.evil:{port}", "403 Forbidden"),
        ("CONNECT 127.0.0.1:{port}", "403 Forbidden"),
        ("CONNECT localhost:{port}", "403 Forbidden"),
        ("CONNECT [::1]:{port}", "403 Forbidden"),
        ("CONNECT a.example.test", "405 Method Not Allowed"),
        ("GET http://a.example.test:{port}/", "405 Method Not Allowed"),
        ("CONNECT 127.0.0.1:1", "502 Bad Gateway"),
    ],
)
async def test_nothing_else_is(sandbox: Caller, port: int, request_line: str, status: str) -> None:
    assert (await talk(sandbox, request_line.format(port=port)))[0] == f"HTTP/1.1 {status}"


async def test_what_is_no_request_is_hung_up_on(sandbox: Caller) -> None:
    """Too long, not text, or nothing at all."""
    program = (
        "import socket, sys\n"
        "for junk in (b'x' * 100_000, b'CONNECT \\xff:443 HTTP/1.1\\r\\n\\r\\n', b'CONNECT :443\\r\\n\\r\\n', b''):\n"
        "    s = socket.create_connection(('127.0.0.1', 3128), 5)\n"
        "    try:\n"
        "        s.sendall(junk); s.shutdown(socket.SHUT_WR); print(b' 200 ' in s.recv(100))\n"
        "    except OSError:\n"
        "        print(False)\n"
    )

    assert (await sandbox.run("python3", "-c", program)).stdout == "False\n" * 4


async def test_there_is_no_other_way_out(sandbox: Caller, port: int) -> None:
    direct = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"

    assert (await sandbox.run("python3", "-c", direct)).code == 1
    assert "HTTPS_PROXY=http://127.0.0.1:3128" in (await sandbox.run("env")).stdout


async def test_a_sandbox_that_ends_takes_its_connections_with_it(sandbox: Caller, port: int) -> None:
    script = TALK.replace('s.sendall(b"ping\\n")', "open('on', 'w'); import time; time.sleep(600)")
    talking = asyncio.create_task(sandbox.run("python3", "-c", script, f"CONNECT a.example.test:{port}"))
    await sandbox.run("sh", "-c", "until [ -e on ]; do sleep 0.05; done")

    assert (await sandbox.call("DELETE", "")).status in {200, 204}

    await asyncio.wait({talking})


async def test_without_a_list_there_is_no_proxy(local: Caller) -> None:
    listens = "import socket; socket.create_connection(('127.0.0.1', 3128), 2)"

    assert (await local.run("python3", "-c", listens)).code == 1
    assert "PROXY" not in (await local.run("env")).stdout


@asynccontextmanager
async def proxy(egress: Egress) -> AsyncGenerator[int]:
    """The proxy as it listens in a sandbox; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    async with await egress.listen(listener):
        yield listener.getsockname()[1]


async def asked(egress: Egress, host: str, port: int) -> str:
    """Ask the proxy for a connection; returns its answer, and what came after it."""
    async with proxy(egress) as at:
        reader, writer = await asyncio.open_connection("127.0.0.1", at)
        writer.write(f"CONNECT {host}:{port} HTTP/1.1\r\n\r\nping".encode())
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    return answer.decode()


class Echo:
    """A server of this machine that counts who comes."""

    def __init__(self) -> None:
        self.connections = 0
        self.heard = b""
        self._left = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(OSError):
            self.heard += await reader.read()
            writer.write(b"echo")
            await writer.drain()
        writer.close()
        self._left.set()

    async def left(self) -> None:
        """Wait until somebody who came has gone."""
        await self._left.wait()


@pytest.fixture
async def inside() -> AsyncIterator[tuple[Echo, int]]:
    """A server that a name on the list must not open, by both addresses of this machine."""
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(server)
        with contextlib.suppress(OSError):
            await stack.enter_async_context(await asyncio.start_server(echo.serve, "::1", port))
        yield echo, port


def only(*found: str) -> Resolve:
    """A resolver that knows one answer."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        del host, port
        return found

    return resolve


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.0.0.2", "0.0.0.0", "127.1", "2130706433", "0x7f.1", "localhost", "::1", "::", "::1%lo"]
    + [
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "127。0。0。1",
    ],
)
async def test_a_name_on_the_list_opens_nothing_of_this_machine(
    inside: tuple[Echo, int], address: str
) -> None:
    echo, port = inside
    egress = Egress([f"a.example:{port}"], resolve=only(address))

    assert (await asked(egress, "a.example", port)).startswith("HTTP/1.1 502")
    assert echo.connections == 0


async def test_nor_does_an_address_on_the_list(inside: tuple[Echo, int]) -> None:
    echo, port = inside

    assert (await asked(Egress([f"localhost:{port}"]), "localhost", port)).startswith("HTTP/1.1 502")
    assert (await asked(Egress([f"127.0.0.1:{port}"]), "127.0.0.1", port)).startswith("HTTP/1.1 502")
    assert echo.connections == 0


async def test_a_careless_proxy_would_have_opened_it(inside: tuple[Echo, int]) -> None:
    """Or the tests above would be green for nothing."""
    echo, port = inside
    egress = Egress([f"a.example:{port}"], resolve=only("127.0.0.1"), allows=lambda address, at: True)

    assert await asked(egress, "a.example", port) == "HTTP/1.1 200 OK\r\n\r\necho"
    assert (echo.connections, echo.heard) == (1, b"ping")


async def test_a_peer_that_is_another_one_than_was_connected_to_hears_nothing(
    inside: tuple[Echo, int],
) -> None:
    """The system takes 0.0.0.0 for 127.0.0.1: who is there is known only after connecting."""
    echo, port = inside
    egress = Egress(
        [f"a.example:{port}"], resolve=only("0.0.0.0"), allows=lambda address, at: address == "0.0.0.0"
    )

    assert (await asked(egress, "a.example", port)).startswith("HTTP/1.1 502")
    await echo.left()
    assert (echo.connections, echo.heard) == (1, b"")


async def test_a_name_is_looked_up_once_for_a_connection(inside: tuple[Echo, int]) -> None:
    """Another answer a moment later (DNS rebinding) is not asked for."""
    echo, port = inside
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    told: list[str] = []

    async def turning(host: str, at: int) -> Sequence[str]:
        del host, at
        return answers[min(len(told), 1)]

    def allows(address: str, at: int) -> bool:
        told.append(address)
        return public(address, at) and False  # the test reaches nobody outside

    egress = Egress([f"a.example:{port}"], resolve=turning, allows=allows)

    assert (await asked(egress, "a.example", port)).startswith("HTTP/1.1 502")
    assert (told, echo.connections) == (["93.184.216.34"], 0)


async def test_a_name_of_this_machine_has_no_public_address() -> None:
    found = await addresses("localhost", 443)

    assert found
    assert not [address for address in found if public(address, 443)]


@pytest.mark.parametrize("address", ["151.101.0.223", "2a04:4e42::223"])
def test_what_is_public_is_known(address: str) -> None:
    assert public(address, 443)


@pytest.mark.parametrize("entry", ["", "*", "*.", "a*.com", "host:https", "*.*.com"])
def test_a_list_that_makes_no_sense_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="is no host such as"):
        Egress([entry])
