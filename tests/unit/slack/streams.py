"""Replies to a person at devkit's strict Slack without a network between, in time that passes only where it is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.errors import SlackUnavailable
from bot.slack.client import Slack
from bot.slack.limiter import Limiter
from bot.slack.native_streams import NativeStreams, Offer
from bot.slack.reply import ReplyStream
from bot.slack.reply_messages import ReplyMessages
from devkit.slack.methods import Methods
from devkit.slack.rules import Pace, Refusal
from devkit.slack.workspace import ANA, BOT_USER, TEAM, Message, Workspace
from tests.factories import SUPPORT
from tests.unit.slack.clock import Clock

#: What changes a message that is there.
CHANGES = frozenset({"chat.update", "chat.appendStream"})
PROSE = "\n\n".join(
    f"Paragraph {number} with `code {number}`, **bold** words and 3 < 4. " + "Some more words. " * 12
    for number in range(36)
)
DOCUMENT = (
    f"""# Report

{PROSE[:1500]}

| invoice | amount |
|---|---|
"""
    + "".join(f"| INV-{n} | {n} USD |\n" for n in range(40))
    + f"""

```python
def double(x: list[int]) -> list[int]:
    return [2 * one for one in x if x[0] < one]
```

1. one [not a link] and `a
   span` of two lines
2. two

{PROSE}"""
)
EVENT = f"msg:{SUPPORT}:1.1"


@dataclass(frozen=True)
class Made:
    """A call, and what became of it: Slack's error, or nothing."""

    method: str
    at: float
    error: str


class StandIn(AsyncWebClient):
    """The stand-in's methods behind the SDK's own client."""

    def __init__(self, clock: Clock, *, strict: bool = True) -> None:
        super().__init__(token="xoxb-test", retry_handlers=[])
        self.workspace = Workspace(clock)
        self.methods = Methods(self.workspace, lambda: "http://127.0.0.1")
        self.streams = self.methods.streams
        self.made: list[Made] = []
        #: Until when Slack is away, by the clock; and every how-manieth call it refuses for its rate.
        self.away_until = 0.0
        self.refuses_every = 0
        #: Methods whose next answer gets lost, though they were carried out.
        self.loses: list[str] = []
        self._clock = clock
        self._pace = Pace(clock) if strict else None
        self.workspace.add(root := Message(SUPPORT, self.workspace.new_ts(), ANA, "How so?"))
        self.root = root.ts

    async def api_call(self, api_method: str, **request: Any) -> AsyncSlackResponse:
        """Answer a call."""
        sent: dict[str, Any] = {**(request.get("json") or {}), **(request.get("params") or {})}
        given = {key: value for key, value in sent.items() if value is not None}
        if self._clock() < self.away_until:
            self.made.append(Made(api_method, self._clock(), "away"))
            raise aiohttp.ClientConnectionError
        if wait := self._wait(api_method, given):
            self.made.append(Made(api_method, self._clock(), "ratelimited"))
            return self._response({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(wait)})
        try:
            answer = {"ok": True, **self.methods.by_name[api_method](given)}
        except Refusal as refusal:
            answer = {"ok": False, "error": refusal.code}
        self.made.append(Made(api_method, self._clock(), str(answer.get("error") or "")))
        if api_method in self.loses:
            self.loses.remove(api_method)
            raise aiohttp.ServerDisconnectedError
        return self._response(answer, 200, {})

    def _wait(self, method: str, given: dict[str, Any]) -> int:
        if self.refuses_every and len(self.made) % self.refuses_every == self.refuses_every - 1:
            return 3
        return self._pace.wait(method, str(given.get("channel"))) if self._pace else 0

    def _response(self, data: dict[str, Any], status: int, headers: dict[str, str]) -> AsyncSlackResponse:
        return AsyncSlackResponse(
            client=self,
            http_verb="POST",
            api_url="http://127.0.0.1",
            req_args={},
            data=data,
            headers=headers,
            status_code=status,
        ).validate()


class Shown:
    """One answer after the other in a thread, by edits or by Slack's streams."""

    def __init__(self, clock: Clock, *, native: bool, strict: bool = True) -> None:
        self.clock = clock
        self.slack = StandIn(clock, strict=strict)
        self.native = native
        self.offer = Offer()

    def open(self, *messages: str) -> ReplyStream:
        """What one more worker shows the answer with."""
        limiter = Limiter(clock=self.clock, sleep=self.clock.wait)
        slack = Slack(self.slack, limiter, me=BOT_USER)
        place = SUPPORT, self.slack.root
        streams = NativeStreams(slack.streams, limiter, self.offer, place=place, recipient=(ANA, TEAM))
        parts = ReplyMessages(
            slack,
            limiter,
            channel=SUPPORT,
            thread_ts=self.slack.root,
            event_id=EVENT,
            messages=messages,
            reply_to=ANA,
            streams=streams if self.native else None,
        )
        return ReplyStream(parts, limiter)

    async def writes(self, reply: ReplyStream, text: str, *, by: int = 160, each: float = 2.0) -> None:
        """Let the model write a text, so many characters at once, every so many seconds."""
        for end in range(by, len(text) + by, by):
            reply.show(text[:end])
            await self.clock.advance(each)

    @property
    def messages(self) -> list[Message]:
        """The bot's messages."""
        found = self.slack.workspace.thread(SUPPORT, self.slack.root)
        return [message for message in found if message.user == BOT_USER]

    def texts(self) -> list[str]:
        """The Markdown of each message."""
        return ["".join(b["text"] for b in m.blocks or [] if b["type"] == "markdown") for m in self.messages]

    def tasks(self) -> list[tuple[str, str]]:
        """The status lines of messages that stream, and how they stand."""
        blocks = [block for message in self.messages for block in message.blocks or []]
        return [(block["title"], block["status"]) for block in blocks if block["type"] == "task_card"]

    def buttons(self) -> list[str]:
        """What is on the buttons."""
        return [button["text"]["text"] for message in self.messages for button in message.buttons]

    def calls(self, *methods: str) -> list[Made]:
        """The calls that were carried out, of these methods or of all."""
        return [
            made for made in self.slack.made if not made.error and (not methods or made.method in methods)
        ]

    def longest_gap(self) -> float:
        """The longest time between two changes that people see, in seconds."""
        at = [made.at for made in self.calls("chat.postMessage", "chat.startStream", *CHANGES)]
        return max((after - before for before, after in pairwise(at)), default=0.0)


async def finished(shown: Shown, reply: ReplyStream, text: str) -> None:
    """Finish it, as often as it takes."""
    for _ in range(20):
        try:
            await shown.clock.run(reply.finish(text))
        except SlackUnavailable as error:
            await shown.clock.advance(error.retry_after)
        else:
            return
