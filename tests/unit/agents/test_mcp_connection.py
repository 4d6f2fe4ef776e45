"""One connection to an MCP server: over HTTP with its headers, what comes back of a call, and who may end it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.agents.mcp.connection import Connection, NoAnswer
from bot.agents.mcp.file import Server
from bot.domain.errors import ToolUnreachable
from devkit.operations import state
from devkit.serving import Server as Serving

TOOL = {
    "name": "pay",
    "description": "Pay.",
    "inputSchema": {"type": "object", "properties": {"amount": {"type": "integer"}}},
    "outputSchema": {"type": "object", "properties": {"paid": {"type": "integer"}}, "required": ["paid"]},
}
PAID = {"content": [{"type": "text", "text": "Paid."}]}


def result(body: Any) -> Callable[[Any], web.Response]:
    return lambda asked: web.json_response({"jsonrpc": "2.0", "id": asked["id"], "result": body})


def error(code: int) -> Callable[[Any], web.Response]:
    told = {"code": code, "message": "No."}
    return lambda asked: web.json_response({"jsonrpc": "2.0", "id": asked["id"], "error": told})


@dataclass
class Bank:
    """A server over HTTP, of the protocol's 2025 edition, which does every call and then answers as it is told to."""

    answers: Callable[[Any], web.Response] = field(default_factory=lambda: result(PAID))
    calls: list[Any] = field(default_factory=list[Any])
    headers: list[str] = field(default_factory=list[str])
    pages: list[list[Any]] = field(default_factory=lambda: [[TOOL]])
    listed: int = 0

    async def post(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.headers.append(request.headers.get("Authorization", ""))
        match asked["method"]:
            case "initialize":
                told = {
                    "protocolVersion": asked["params"]["protocolVersion"],
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "bank", "version": "1"},
                }
                return result(told)(asked)
            case "tools/list":
                self.listed += 1
                at = int((asked.get("params") or {}).get("cursor", 0))
                more = {"nextCursor": str(at + 1)} if at + 1 < len(self.pages) else {}
                return result({"tools": self.pages[at], **more})(asked)
            case "tools/call":
                self.calls.append(asked["params"])
                return self.answers(asked)
            case method if method.startswith("notifications/"):
                return web.Response(status=202)
            case _:
                return error(-32601)(asked)


@pytest.fixture
async def bank() -> Bank:
    return Bank()


@pytest.fixture
async def connection(bank: Bank) -> AsyncGenerator[Connection]:
    """A connection to the bank, with a secret in its headers."""
    app = web.Application()
    app.router.add_post("/mcp", bank.post)
    serving = Serving(app)
    await serving.start()
    server = Server.model_validate(
        {
            "specialist": "Bank",
            "url": f"{serving.address}/mcp",
            "headers": {"Authorization": "Bearer ${BANK_TOKEN}"},
            "call_seconds": 5,
            "tools": {"pay": "allow"},
        }
    )
    made = Connection("bank", server, {"BANK_TOKEN": "sesame"})
    yield made
    await made.close()
    await serving.stop()


async def test_headers_and_key_go_with_a_call_over_http(bank: Bank, connection: Connection) -> None:
    offers = await connection.look()
    answer = await connection.call("pay", {"amount": 5}, "key-1")

    assert offers["pay"].description == "Pay."
    assert not answer.is_error
    (call,) = bank.calls
    assert (call["name"], call["arguments"], call["_meta"]["idempotencyKey"]) == (
        "pay",
        {"amount": 5},
        "key-1",
    )
    assert set(bank.headers) == {"Bearer sesame"}


async def test_an_answer_that_is_not_of_the_announced_form_is_told_all_the_same(
    bank: Bank, connection: Connection
) -> None:
    await connection.look()
    bank.answers = result({**PAID, "structuredContent": {"paid": "a lot"}})
    answer = await connection.call("pay", {"amount": 5}, "key-1")

    assert answer.structured_content == {"paid": "a lot"}
    assert len(bank.calls) == 1


NO_ANSWERS: dict[str, Callable[[Any], web.Response]] = {
    "half": lambda asked: web.Response(text="{", content_type="application/json"),
    "a page": lambda asked: web.Response(text="Paid!", content_type="text/html"),
    "half an event": lambda asked: web.Response(text="data: {\n\n", content_type="text/event-stream"),
    "a bad gateway": lambda asked: web.Response(status=502),
    "taken": lambda asked: web.Response(status=202),
    "elsewhere": lambda asked: web.Response(
        status=307, headers={"Location": "https://elsewhere.example.com/"}
    ),
    "invalid params": error(-32602),
    "internal error": error(-32603),
    "invalid request": error(-32600),
    "parse error": error(-32700),
    "an error of its own": error(-1),
    "no list": result({"content": "Paid"}),
    "nothing": result({}),
    "a question": result({"resultType": "input_required", "inputRequests": {}}),
}


@pytest.mark.parametrize("answers", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
async def test_what_is_no_answer_leaves_open_what_happened_and_is_sent_once(
    answers: Callable[[Any], web.Response], bank: Bank, connection: Connection
) -> None:
    await connection.look()
    bank.answers = answers

    with pytest.raises(NoAnswer):
        await connection.call("pay", {"amount": 5}, "key-1")
    assert len(bank.calls) == 1


async def test_tools_are_listed_page_by_page_and_a_name_that_stands_for_two_names_none(
    bank: Bank, connection: Connection
) -> None:
    bank.pages = [[TOOL], [{**TOOL, "name": "look"}], [{**TOOL, "description": "Pay somebody else."}]]

    assert [*await connection.look()] == ["look"]
    bank.pages = [[TOOL], [{**TOOL, "name": "look"}]]
    assert [*await connection.look()] == ["pay", "look"]


async def test_a_list_without_an_end_is_no_list_for_ever(bank: Bank, connection: Connection) -> None:
    bank.pages = [[{**TOOL, "name": f"pay{number}"}] for number in range(200)]

    assert len(await connection.look()) == 50


async def test_a_server_that_does_not_know_calls_has_made_none(bank: Bank, connection: Connection) -> None:
    await connection.look()
    bank.answers = error(-32601)

    assert (await connection.call("pay", {}, "key-1")).is_error


async def test_many_calls_share_a_connection(bank: Bank, connection: Connection) -> None:
    async def one(number: int) -> None:
        await connection.look()
        await connection.call("pay", {"amount": number}, f"key-{number}")

    await asyncio.gather(*(one(number) for number in range(8)))

    assert sorted(call["arguments"]["amount"] for call in bank.calls) == [*range(8)]


async def test_nobody_at_the_address_is_said_as_unreachable() -> None:
    for where in ({"url": "http://127.0.0.1:1/mcp"}, {"command": ["/nowhere/to/be/found"]}):
        server = Server.model_validate({"specialist": "Bank", "tools": {"pay": "allow"}, **where})
        connection = Connection("bank", server, {})
        with pytest.raises(ToolUnreachable):
            await connection.look()
        with pytest.raises(NoAnswer):
            await connection.call("pay", {}, "")
        await connection.close()


async def test_a_server_that_never_says_hello_is_given_up_and_left_behind_by_nobody(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    hangs = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(3600)"
    server = Server.model_validate(
        {"specialist": "A", "tools": {"a": "allow"}, "command": ["python", "-c", hangs, str(begun)]}
    )
    connection = Connection("hangs", server.model_copy(update={"connect_seconds": 0.2}), {})
    with pytest.raises(ToolUnreachable):
        await connection.look()
    assert alive() == []

    begun.unlink(missing_ok=True)
    connection.server = server
    look = asyncio.create_task(connection.look())
    while not begun.exists():
        await asyncio.wait({look}, timeout=0.05)
    look.cancel()
    with pytest.raises(asyncio.CancelledError):
        await look
    assert alive() == []


@pytest.mark.parametrize("line", ["Customer 4711 owes sesame", '{"jsonrpc": "2.0", "id": 0, "sesame": 1}'])
async def test_what_a_server_writes_beside_the_protocol_is_in_no_log(
    line: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server.model_validate(
        {
            "specialist": "A",
            "tools": {"a": "allow"},
            "command": ["python", "-c", "import sys; sys.stdin.readline(); print(sys.argv[1])", line],
        }
    )
    connection = Connection("talks", server, {})
    with pytest.raises(ToolUnreachable):
        await connection.look()
    await connection.close()

    assert "mcp server gone" in caplog.text
    assert "sesame" not in caplog.text
    assert alive() == []


def alive() -> list[str]:
    """The connections that are still held open."""
    return [name for task in asyncio.all_tasks() if "Connection._live" in (name := repr(task.get_coro()))]


async def test_a_server_that_is_too_busy_to_list_keeps_the_call_that_is_under_way(tmp_path: Path) -> None:
    file = tmp_path / "operations.json"
    server = Server.model_validate(
        {
            "specialist": "Operations",
            "command": ["python", "-m", "devkit.operations.server"],
            "env": {"OPERATIONS_STATE": str(file)},
            "tools": {"restart_service": "allow"},
        }
    )
    connection = Connection("ops", server, {})
    await connection.look()
    with state.switched(file) as switches:
        switches.hangs = 3600
    call = asyncio.create_task(connection.call("restart_service", {"service": "checkout"}, "key-1"))
    while not state.read(file).calls:
        await asyncio.wait({call}, timeout=0.05)
    with state.switched(file) as switches:
        switches.lists_after = 3600
    impatient = server.model_copy(update={"connect_seconds": 0.2})
    connection.server = impatient
    with pytest.raises(ToolUnreachable):
        await connection.look()

    assert not call.done()
    await connection.close()
    with pytest.raises(NoAnswer):
        await call
    assert state.read(file).services["checkout"].restarts == 1
