"""Socket Mode: one open socket gets each envelope, and what is not acked comes again."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import WSMsgType, web

#: https://docs.slack.dev/apis/events-api#retries: nearly at once, after 1 and after 5 minutes.
RETRIES: Final = (0.0, 60.0, 300.0)
#: https://docs.slack.dev/apis/events-api/using-socket-mode: seconds Slack waits for an ack.
ACK: Final = 3.0
#: https://docs.slack.dev/apis/events-api/using-socket-mode: sockets that one app may hold.
MOST_SOCKETS: Final = 10


@dataclass(slots=True)
class Delivery:
    """One event or interaction on its way; `history` holds for each try whether it was acked."""

    kind: str
    payload: dict[str, Any]
    due: float = 0.0
    history: list[bool] = field(default_factory=list[bool])
    #: Whether it was sent on a deaf socket.
    was_unheard: bool = False

    @property
    def is_acked(self) -> bool:
        """Whether the app has taken it."""
        return any(self.history)


class Sockets:
    """The open sockets of the app, and the deliveries that wait for one."""

    def __init__(self, clock: Callable[[], float], token: Callable[[], str]) -> None:
        self._clock = clock
        self._token = token
        self._open: list[web.WebSocketResponse] = []
        self._deaf: list[web.WebSocketResponse] = []
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._later: list[Delivery] = []
        self._random = random.Random(7)
        self.deliveries: list[Delivery] = []
        self.changed: Callable[[], None] = lambda: None
        self.duplicates = 0
        #: How many may be open at once; how many have been opened so far.
        self.most = MOST_SOCKETS
        self.opened = 0

    @property
    def count(self) -> int:
        """How many sockets are open."""
        return len(self._open)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one socket open."""
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        self.opened += 1
        if self.count >= self.most:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            self.changed()
            return socket
        await socket.send_json({"type": "hello", "num_connections": self.count + 1, "debug_info": {}})
        self._open.append(socket)
        self.changed()
        self.retry()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT and message.data.startswith("{"):
                    self._acknowledge(json.loads(message.data))
        finally:
            if socket in self._open:
                self._open.remove(socket)
            self.changed()
        return socket

    def send_event(self, payload: dict[str, Any]) -> None:
        """Deliver an event, again and again until it is acked or Slack gives up."""
        times = 2 if self.duplicates else 1
        self.duplicates = max(0, self.duplicates - 1)
        for _ in range(times):
            delivery = Delivery("events_api", payload)
            self.deliveries.append(delivery)
            self._spawn(self._deliver(delivery))

    async def ask(self, kind: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """Deliver something interactive, once; the app's answer, or None without an ack in time."""
        delivery = Delivery(kind, payload)
        self.deliveries.append(delivery)
        return await self._send(delivery)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every socket to connect anew."""
        for socket in list(self._open):
            await socket.send_json({"type": "disconnect", "reason": reason})

    async def cut(self) -> None:
        """Close every socket without a word."""
        for socket in list(self._open):
            await socket.close()

    def deafen(self) -> None:
        """Let what is sent on the sockets that are open now never arrive; pings go on."""
        self._deaf = list(self._open)

    def give_up(self, *, unheard_only: bool = False) -> None:
        """Deliver what waits no more, as Slack does after its last try; perhaps only what deaf sockets got."""
        self._later = [one for one in self._later if unheard_only and not one.was_unheard]

    def retry(self, *, early: bool = False) -> None:
        """Send again what is due by now, or whatever waits."""
        due = [delivery for delivery in self._later if early or delivery.due <= self._clock()]
        self._later = [delivery for delivery in self._later if delivery not in due]
        for delivery in due:
            self._spawn(self._deliver(delivery))

    async def close(self) -> None:
        """Cut everything off."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.cut()

    async def _deliver(self, delivery: Delivery) -> None:
        """Try once; without an ack put it on the list of those to be tried later."""
        if await self._send(delivery) is not None or len(delivery.history) > len(RETRIES):
            return
        delivery.due = self._clock() + RETRIES[len(delivery.history) - 1]
        self._later.append(delivery)
        if self._open:
            self.retry()

    async def _send(self, delivery: Delivery) -> dict[str, Any] | None:
        if not self._open:
            delivery.history.append(False)
            return None
        envelope_id = self._token()
        acked: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = acked
        frame = {
            "type": delivery.kind,
            "envelope_id": envelope_id,
            "accepts_response_payload": delivery.kind != "events_api",
            "payload": delivery.payload,
        }
        if delivery.kind == "events_api":
            tries = len(delivery.history)
            frame |= {"retry_attempt": tries, "retry_reason": "timeout" if tries else ""}
        answer: dict[str, Any] | None = None
        try:
            chosen = self._random.choice(self._open)
            if chosen in self._deaf:
                delivery.was_unheard = True
            else:
                await chosen.send_json(frame)
            answer = await asyncio.wait_for(acked, ACK)
        except (TimeoutError, ConnectionError):
            pass
        finally:
            self._waiting.pop(envelope_id, None)
        delivery.history.append(answer is not None)
        self.changed()
        return answer

    def _acknowledge(self, frame: dict[str, Any]) -> None:
        acked = self._waiting.get(str(frame.get("envelope_id")))
        if acked is not None and not acked.done():
            acked.set_result(frame.get("payload") or {})

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
