"""Socket Mode: each envelope goes to one open socket, and comes again if it is not acknowledged."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import WSMsgType, web

from devkit.slack.clock import Clock
from devkit.slack.shapes import Json, random_id

#: An app has this long to acknowledge, in seconds.
ACK_SECONDS = 3.0
#: When an event that was not acknowledged comes again, in seconds after the try before.
RETRIES = (0.0, 60.0, 300.0)
MOST_SOCKETS = 10


@dataclass(slots=True)
class Delivery:
    """One envelope that was sent, and what came back."""

    envelope_id: str
    type: str
    payload: Json
    retry: int = 0
    acked: bool = False
    answer: Json | None = None
    sent: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Sockets:
    """The open connections of the app."""

    def __init__(self, clock: Clock, changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._open: list[web.WebSocketResponse] = []
        self._closing: list[web.WebSocketResponse] = []
        self._tickets: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._waiting: dict[str, Delivery] = {}
        self._connected = asyncio.Event()
        self._to_duplicate = 0
        self._acks_to_lose = 0
        self.log: list[Delivery] = []

    @property
    def count(self) -> int:
        return len(self._open)

    def ticket(self) -> str:
        """A one-time word that opens a socket."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from its hello to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.count >= MOST_SOCKETS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        hello = {"type": "hello", "num_connections": self.count + 1, "debug_info": {"host": "stand-in"}}
        await socket.send_json(hello)
        self._open.append(socket)
        self._connected.set()
        self._changed()
        try:
            async for frame in socket:
                if frame.type == WSMsgType.TEXT:
                    self._on_ack(frame.json())
        finally:
            self._forget(socket)
        return socket

    def event(self, payload: Json) -> None:
        """Send an event, and again as often as Slack does."""
        copies = 1
        if self._to_duplicate:
            self._to_duplicate -= 1
            copies = 2
        for _ in range(copies):
            self.spawn(self._deliver_event(payload))

    async def interaction(self, kind: str, payload: Json) -> Delivery:
        """Send something a person did; it is sent once."""
        delivery = Delivery(secrets.token_hex(12), kind, payload)
        await self._attempt(delivery)
        return delivery

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every connection to be replaced, as Slack does every few hours."""
        replaced, self._open = self._open, []
        self._closing.extend(replaced)
        self._connected.clear()
        for socket in replaced:
            self.spawn(socket.send_json({"type": "disconnect", "reason": reason}))
        self._changed()

    def drop(self) -> None:
        """Cut every connection without a word."""
        for socket in self._open + self._closing:
            self._forget(socket)
            self.spawn(socket.close())

    def duplicate_next(self, count: int) -> None:
        self._to_duplicate += count

    def lose_acks(self, count: int) -> None:
        self._acks_to_lose += count

    async def stop(self) -> None:
        """Close everything; nothing is delivered any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in self._open + self._closing))

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something in the background until it is done or the stand-in stops."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver_event(self, payload: Json) -> None:
        for retry, pause in enumerate((0.0, *RETRIES)):
            await self._clock.sleep(pause)
            delivery = Delivery(secrets.token_hex(12), "events_api", payload, retry)
            await self._attempt(delivery)
            if delivery.acked:
                return

    async def _attempt(self, delivery: Delivery) -> None:
        self.log.append(delivery)
        self._waiting[delivery.envelope_id] = delivery
        sending = asyncio.create_task(self._send(delivery))
        late = asyncio.create_task(self._clock.sleep(ACK_SECONDS))
        done = asyncio.create_task(delivery.done.wait())
        try:
            await asyncio.wait({late, done}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, late, done):
                task.cancel()
            del self._waiting[delivery.envelope_id]
            self._changed()

    async def _send(self, delivery: Delivery) -> None:
        envelope: Json = {
            "envelope_id": delivery.envelope_id,
            "type": delivery.type,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.type != "events_api",
        }
        if delivery.type == "events_api":
            envelope |= {"retry_attempt": delivery.retry, "retry_reason": "timeout" if delivery.retry else ""}
        while not delivery.sent:
            await self._connected.wait()
            socket = secrets.choice(self._open)
            try:
                await socket.send_json(envelope)
            except ConnectionError:
                self._forget(socket)
            else:
                delivery.sent = True
                self._changed()

    def _on_ack(self, frame: Any) -> None:
        ack = cast(Json, frame)
        delivery = self._waiting.get(str(ack.get("envelope_id")))
        if delivery is None:
            return
        if delivery.type == "events_api" and self._acks_to_lose:
            self._acks_to_lose -= 1
            return
        delivery.acked = True
        delivery.answer = ack.get("payload")
        delivery.done.set()

    def _forget(self, socket: web.WebSocketResponse) -> None:
        for sockets in (self._open, self._closing):
            if socket in sockets:
                sockets.remove(socket)
        if not self._open:
            self._connected.clear()
        self._changed()


def event_envelope(team: str, app: str, event: Json, *, bot_user: str, event_time: float) -> Json:
    """The body of an event, as Slack sends it."""
    return {
        "type": "event_callback",
        "team_id": team,
        "api_app_id": app,
        "event": event,
        "event_id": random_id("Ev"),
        "event_time": int(event_time),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team,
                "user_id": bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }
