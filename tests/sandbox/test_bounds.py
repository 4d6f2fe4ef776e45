"""What a bridge sends is bounded by the bot, whatever the bridge is; and what our own packs is bounded there."""

from __future__ import annotations

import gzip
import io
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from agents.sandbox import Manifest
from agents.sandbox.errors import SandboxError
from agents.sandbox.session import SandboxSession
from agents.sandbox.session.dependencies import Dependencies
from aiohttp import web

from bot.sandbox.bridge import Bridge
from bot.sandbox.wire import MOST_READ, MOST_TOLD
from devkit.bridge.limits import Limits
from devkit.bridge.server import BridgeServer
from devkit.serving import Server
from tests.sandbox.caller import new_sandbox
from tests.sandbox.conftest import Backend

LARGEST = 1_000_000
#: What may be on its way in buffers of the kernel when the bot closes a connection.
ON_ITS_WAY = 16 << 20
ENDLESS = 1 << 30


class Hostile:
    """A bridge that makes sandboxes, and answers the rest as it was told."""

    def __init__(self) -> None:
        #: Pieces of the next answers, how often they are sent, and their headers.
        self.piece = b""
        self.times = 0
        self.headers: dict[str, str] = {}
        self.status = 200
        self.breaks_off = False
        self.asked: list[str] = []
        #: Bytes that were sent in all.
        self.sent = 0
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.server = Server(app)

    def says(self, piece: bytes, times: int = 1, *, status: int = 200, **headers: str) -> None:
        """Answer this from now on."""
        self.piece, self.times, self.status, self.sent = piece, times, status, 0
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path == "/v1/sandbox" and not self.times:
            return web.json_response({"id": "a" * 26})
        if not self.times or request.method == "DELETE":
            return web.json_response({"ok": True})
        answer = web.StreamResponse(status=self.status, headers=self.headers)
        # What is said from now on is about the next answers: nothing, said without end, would never be broken off.
        piece, times = self.piece, self.times
        with suppress(ConnectionError):
            await answer.prepare(request)
            for _ in range(times):
                await answer.write(piece)
                self.sent += len(piece)
            if self.breaks_off and request.transport is not None:
                request.transport.close()
        return answer


@pytest.fixture
async def hostile() -> AsyncIterator[Hostile]:
    made = Hostile()
    await made.server.start(0)
    yield made
    await made.server.stop()


@pytest.fixture
async def session(hostile: Hostile) -> AsyncIterator[SandboxSession]:
    async with aiohttp.ClientSession() as http:
        host = Bridge(http, url=hostile.server.address, api_key="key", largest=LARGEST)
        client = host.client(Dependencies())
        made = await client.create(manifest=Manifest(), options=host.options)
        yield made
        hostile.says(b"", 0)
        await client.delete(made)


async def packed(session: SandboxSession) -> bytes:
    with await session.persist_workspace() as archive:
        return archive.read()


async def test_of_an_endless_archive_the_limit_and_one_byte_are_read(
    hostile: Hostile, session: SandboxSession
) -> None:
    hostile.says(bytes(65_536), ENDLESS)

    assert await packed(session) == bytes(LARGEST + 1)
    assert hostile.sent < LARGEST + ON_ITS_WAY


async def test_an_archive_that_comes_in_drops_is_read_no_further(
    hostile: Hostile, session: SandboxSession
) -> None:
    hostile.says(b"drop", ENDLESS)

    assert len(await packed(session)) == LARGEST + 1


async def test_a_length_that_is_announced_and_does_not_come_is_an_error(
    hostile: Hostile, session: SandboxSession
) -> None:
    hostile.says(b"short", 1, Content_Length="400000000")
    hostile.breaks_off = True

    with pytest.raises(SandboxError):
        await packed(session)


async def test_nothing_is_decompressed(hostile: Hostile, session: SandboxSession) -> None:
    bomb = gzip.compress(bytes(500_000_000), compresslevel=1)
    hostile.says(bomb, 1, Content_Encoding="gzip")

    assert await packed(session) == bomb[: LARGEST + 1]


@pytest.mark.parametrize(
    "piece",
    [
        b"x" * 65_536,
        b"\n" * 65_536,
        b"event: stdout\ndata: eA==\n\n" * 1_000,
        b"data: x\n" * 8_000,
    ],
)
async def test_what_a_command_says_without_end_is_an_error(
    hostile: Hostile, session: SandboxSession, piece: bytes
) -> None:
    hostile.says(piece, ENDLESS, Content_Type="text/event-stream")

    with pytest.raises(SandboxError):
        await session.exec("true", shell=False, timeout=60)

    assert hostile.sent < 2 * MOST_READ + ON_ITS_WAY


@pytest.mark.parametrize("status", [200, 403, 404, 500])
async def test_an_endless_file_is_an_error(hostile: Hostile, status: int) -> None:
    """Without the SDK's look at the path, which a hostile bridge does not answer."""
    async with aiohttp.ClientSession() as http:
        host = Bridge(http, url=hostile.server.address, api_key="key", largest=LARGEST)
        client = host.client(Dependencies())
        made = await client.create(manifest=Manifest(), options=host.options)
        hostile.says(b"x" * 65_536, ENDLESS, status=status)
        url = f"{hostile.server.address}/v1/sandbox/aa/file/workspace/a"
        wire = made._inner._session()  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType, reportAttributeAccessIssue]
        async with wire.get(url) as answer:  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            with pytest.raises(aiohttp.ClientError):
                await answer.read()  # pyright: ignore[reportUnknownMemberType]
        hostile.says(b"", 0)
        await client.delete(made)

    assert hostile.sent < (MOST_READ if status == 200 else MOST_TOLD) + ON_ITS_WAY


@pytest.mark.parametrize("status", [200, 500])
async def test_a_bridge_that_talks_without_end_makes_no_sandbox(hostile: Hostile, status: int) -> None:
    hostile.says(b'{"id": "' + b"a" * 65_536, ENDLESS, status=status)
    async with aiohttp.ClientSession() as http:
        host = Bridge(http, url=hostile.server.address, api_key="key", largest=LARGEST)
        with pytest.raises(SandboxError):
            await host.client(Dependencies()).create(manifest=Manifest(), options=host.options)

    assert hostile.sent < MOST_TOLD + ON_ITS_WAY


async def test_what_is_redirected_is_not_followed(hostile: Hostile, session: SandboxSession) -> None:
    """The key would go along."""
    hostile.says(b"", 1, status=307, Location="/elsewhere", Content_Length="0")

    with pytest.raises(SandboxError):
        await packed(session)

    assert "/elsewhere" not in hostile.asked


async def test_a_large_body_is_sent_whole_and_in_pieces(tmp_path: Path) -> None:
    """aiohttp warns of one that is sent in one piece, and here a warning is an error."""
    bridge = BridgeServer(tmp_path)
    await bridge.start()
    content = bytes(range(256)) * 80_000
    async with aiohttp.ClientSession() as http:
        host = Bridge(http, url=bridge.url, api_key=bridge.api_key)
        client = host.client(Dependencies())
        made = await client.create(manifest=Manifest(), options=host.options)
        await made.start()
        await made.write(Path("large"), io.BytesIO(content))
        archive = await packed(made)
        other = await client.create(manifest=Manifest(), options=host.options)
        await other.start()
        await other.hydrate_workspace(io.BytesIO(archive))
        found = await other.exec("sha256sum", "large", shell=False, timeout=20)
        again = await made.exec("sha256sum", "large", shell=False, timeout=20)
        await client.delete(made)
        await client.delete(other)
    await bridge.stop()

    assert found.stdout == again.stdout
    assert len(archive) > len(content)


@pytest.mark.parametrize(
    "made",
    [
        "truncate -s 30M a; truncate -s 30M b",
        "for n in $(seq 2000); do truncate -s 30M $n; done",
        "head -c 8M /dev/zero > a; for n in $(seq 9); do ln a $n; done",
        "mkdir -p d/e; truncate -s 60M d/e/f",
    ],
)
async def test_holes_and_links_count_as_they_are_long(tmp_path: Path, made: str) -> None:
    bridge = BridgeServer(tmp_path, Limits(workspace=40 << 20))
    await bridge.start()
    async with Backend(bridge.url, bridge.api_key).http() as http:
        sandbox = await new_sandbox(http, bridge.url)
        ended = await sandbox.sh(f"{made}; sleep 4242")
        gone = await sandbox.sh("rm -rf *; sleep 0.5; echo fine")
    await bridge.stop()

    assert ended.code == 137
    assert gone.stdout == "fine\n"


async def test_no_more_is_packed_than_may_be(tmp_path: Path) -> None:
    bridge = BridgeServer(tmp_path, Limits(archive=1 << 20))
    await bridge.start()
    async with Backend(bridge.url, bridge.api_key).http() as http:
        sandbox = await new_sandbox(http, bridge.url)
        await sandbox.sh("truncate -s 400M hole")
        async with http.post(f"{bridge.url}/v1/sandbox/{sandbox.id}/persist") as answer:
            seen = len(await answer.content.readany())
            with pytest.raises(aiohttp.ClientError):
                seen += len(await answer.content.read())
    await bridge.stop()

    assert 0 < seen <= 1 << 20
