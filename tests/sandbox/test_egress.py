"""The way out of a sandbox: to the hosts on the list, and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from devkit.bridge.egress import Egress, is_public, public_addresses
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
    bridge = BridgeServer(tmp_path, egress=Egress([f"*.example.test:{port}", "127.0.0.1:1"], nowhere))
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


async def test_a_name_of_this_machine_has_no_public_address() -> None:
    assert await public_addresses("localhost", 443) == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "fe80::1%eth0"]
    + ["fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::"],
)
def test_what_is_not_public_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["151.101.0.223", "2a04:4e42::223"])
def test_what_is_public_is_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("entry", ["", "*", "*.", "a*.com", "host:https", "*.*.com"])
def test_a_list_that_makes_no_sense_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="is no host such as"):
        Egress([entry])
