"""A Slack that has sockets and nothing else: it hands out mentions as fast as they are acked.

Much quicker than devkit's stand-in, which judges and remembers everything, so that the door is what is measured.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any, Final

from aiohttp import WSMsgType, web

from devkit.serving import Server
from devkit.slack.events import message_events
from devkit.slack.whereabouts import Whereabouts
from devkit.slack.workspace import ANA, BOT_ID, BOT_USER, TEAM, Message, Workspace
from tests.world import SUPPORT

#: Mentions that are under way at once.
IN_FLIGHT: Final = 32


class SocketSource:
    """The sockets of one app."""

    def __init__(self) -> None:
        app = web.Application()
        app.router.add_post("/api/auth.test", self._auth)
        app.router.add_post("/api/apps.connections.open", self._open)
        app.router.add_get("/socket", self._socket)
        self._server = Server(app)
        self._sockets: list[web.WebSocketResponse] = []
        self._connected = asyncio.Event()
        self._whereabouts = Whereabouts(Workspace(lambda: 1_795_435_200.0))
        self._numbers = itertools.count(1)
        self._acked: dict[str, asyncio.Future[None]] = {}

    async def start(self) -> None:
        """Listen."""
        await self._server.start()

    async def stop(self) -> None:
        """Close every socket."""
        await self._server.stop()

    @property
    def api(self) -> str:
        """The base address of the Web API."""
        return f"{self._server.address}/api/"

    async def connected(self) -> None:
        """Wait for the first socket."""
        await self._connected.wait()

    async def mentions(self, count: int) -> None:
        """Hand out so many mentions, each in a thread of its own, and wait for the ack of each."""
        left = iter(range(count))

        async def line() -> None:
            for _ in left:
                await self._mention()

        await asyncio.gather(*(line() for _ in range(IN_FLIGHT)))

    async def _mention(self) -> None:
        number = next(self._numbers)
        text = f"<@{BOT_USER}> please look at invoice INV-{number}, and tell me what became of it"
        message = Message(SUPPORT, f"1795435200.{number:06d}", ANA, text)
        payload = message_events(
            message,
            [],
            channel_type="channel",
            event_id=lambda: f"Ev{number:09d}",
            whereabouts=self._whereabouts,
        )[0]
        acked = self._acked[str(number)] = asyncio.get_running_loop().create_future()
        frame = {"type": "events_api", "envelope_id": str(number), "payload": payload}
        await self._sockets[number % len(self._sockets)].send_str(json.dumps(frame))
        await acked

    async def _auth(self, _: web.Request) -> web.Response:
        who = {
            "team_id": TEAM,
            "team": "Devkit",
            "user_id": BOT_USER,
            "user": "countersign",
            "bot_id": BOT_ID,
        }
        return web.json_response({"ok": True, "url": "https://devkit.slack.com/", **who})

    async def _open(self, _: web.Request) -> web.Response:
        address = self._server.address.replace("http", "ws", 1)
        return web.json_response({"ok": True, "url": f"{address}/socket"})

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1, "debug_info": {}})
        self._sockets.append(socket)
        self._connected.set()
        async for message in socket:
            if message.type is WSMsgType.TEXT and message.data.startswith("{"):
                self._note(json.loads(message.data))
        self._sockets.remove(socket)
        return socket

    def _note(self, frame: dict[str, Any]) -> None:
        acked = self._acked.pop(str(frame.get("envelope_id")), None)
        if acked is not None:
            acked.set_result(None)
