"""An OpenAI-compatible server: Responses and Chat Completions, streamed or whole."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from aiohttp import web

from devkit.model import chat_wire, dialogue, refused, rules, tokens, wire
from devkit.model.asked import Asked
from devkit.model.dialogue import Answer
from devkit.model.script import CutStream, Garbage, Hang, HttpError, Stall, Step, written
from devkit.model.tokens import Counter, Served
from devkit.serving import Server

Read = TypeVar("Read")

MODELS = ("gpt-6.1-sol", "gpt-6-luna", "gpt-5", "deepseek-flash", "deepseek-v4-pro", "deepseek-chat")


@dataclass(frozen=True, slots=True)
class Break:
    """What goes wrong after so many pieces of text: the connection ends, or nothing comes for some seconds."""

    after: int
    seconds: float | None = None


class ModelServer:
    """Answers by the rules, or by the script while there is one; `delay` seconds between pieces.

    With `deepseek` its Chat Completions refuse what DeepSeek's refuse.
    """

    def __init__(self, *, delay: float = 0.0, deepseek: bool = True) -> None:
        self.delay = delay
        #: Seconds before each answer to an agent; the classifier answers at once.
        self.thinks = 0.0
        #: Writes an event of a stream some other way than as it is.
        self.garble: Callable[[dict[str, Any]], bytes] | None = None
        self._deepseek = deepseek
        #: The most tokens that a request may have; None for no limit.
        self.context_tokens: int | None = None
        #: Whether Responses begin with a reasoning item, as those of the real models do.
        self.reasons = True
        self._thoughts = refused.Thoughts()
        self.requests: list[Asked] = []
        #: The ledger: every request whose usage was told, as it was told.
        self.served: list[Served] = []
        self._counter = Counter()
        self._script: list[Step] = []
        self._guard_script: list[Step] = []
        self._notes_script: list[Step] = []
        self._addressee_script: list[Step] = []
        #: Whether a test ever wrote what it says.
        self.was_scripted = False
        self._open = asyncio.Event()
        self._open.set()
        app = web.Application(client_max_size=32 * 1024**2)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/responses", self._responses)
        app.router.add_post("/v1/chat/completions", self._chat)
        self._server = Server(app)

    async def start(self, port: int = 0) -> None:
        """Listen on a free port, or on the given one."""
        await self._server.start(port)

    async def stop(self) -> None:
        """Stop listening."""
        await self._server.stop()

    @property
    def url(self) -> str:
        """The base URL for an OpenAI client."""
        return f"{self._server.address}/v1"

    def script(self, *steps: Step, for_classifier: bool = False) -> None:
        """Answer the next requests like this, one step each: those of agents, or of the classifier."""
        (self._guard_script if for_classifier else self._script).extend(steps)
        self.was_scripted = self.was_scripted or not for_classifier

    def script_guard(self, *steps: Step) -> None:
        """Answer the next requests of the classifier like this."""
        self.script(*steps, for_classifier=True)

    def script_notes(self, *steps: Step) -> None:
        """Answer the next requests for notes like this."""
        self._notes_script.extend(steps)

    def script_addressee(self, *steps: Step) -> None:
        """Answer the next requests that ask whom a message is for like this."""
        self._addressee_script.extend(steps)

    def clear(self) -> None:
        """Forget the script: from now on answer by the rules."""
        self._script.clear()
        self._guard_script.clear()
        self._notes_script.clear()
        self._addressee_script.clear()

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None]:
        """Leave the requests of agents without an answer while the block runs; they get it after it."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def asked(self, *, guard: bool = False) -> list[Asked]:
        """The requests of agents so far, or those of the classifier."""
        return [asked for asked in self.requests if (asked.is_guard if guard else asked.is_of_agent)]

    def asked_for_notes(self) -> list[Asked]:
        """The requests for notes so far."""
        return [asked for asked in self.requests if asked.is_for_notes]

    def asked_whom(self) -> list[Asked]:
        """The requests that asked whom a message is for."""
        return [asked for asked in self.requests if asked.is_addressee]

    async def _models(self, request: web.Request) -> web.StreamResponse:
        _authorize(request)
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "devkit"} for name in MODELS]
        return web.json_response({"object": "list", "data": data})

    async def _responses(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        asked = Asked(request.path, str(body.get("model")), _read(dialogue.of_responses, body), body)
        return await self._answer(request, asked)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        asked = Asked(request.path, str(body.get("model")), _read(dialogue.of_chat, body), body)
        if self._deepseek and (why := _read(refused.by_deepseek, body)):
            return _error(400, why.message, code=why.code)
        return await self._answer(request, asked)

    async def _answer(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        self.requests.append(asked)
        if why := self._refuse(asked):
            return _error(400, why.message, code=why.code)
        match step := await self._step(asked):
            case HttpError():
                headers = {"Retry-After": f"{step.retry_after:g}"} if step.retry_after is not None else None
                return _error(step.status, step.message, headers, step.code)
            case Garbage():
                return web.Response(text="data: {]\n\n", content_type="text/event-stream")
            case CutStream():
                return await self._send(request, asked, Answer(step.text), broken=Break(step.after))
            case Stall():
                broken = Break(len(wire.pieces(step.text)), step.seconds)
                return await self._send(request, asked, Answer(step.text), broken=broken)
            case None | Hang():
                answer = rules.answer(asked.dialogue)
            case _:
                answer = written(step)
        return await self._send(request, asked, answer)

    def _refuse(self, asked: Asked) -> refused.Refused | None:
        """What the real server refuses of a request, whatever is asked."""
        is_chat = asked.path.endswith("completions")
        if self.context_tokens is not None and not asked.is_guard:
            why = refused.too_long(asked.body, self.context_tokens, deepseek=is_chat and self._deepseek)
            if why is not None:
                return why
        return None if is_chat else self._thoughts.refuse(asked.body)

    async def _step(self, asked: Asked) -> Step | None:
        """Wait for as long as is wished, and take the next step of the script, if there is one."""
        if asked.is_of_agent:
            await self._open.wait()
            await asyncio.sleep(self.thinks)
        others = self._notes_script if asked.is_for_notes else self._addressee_script
        aside = self._guard_script if asked.is_guard else others
        script = self._script if asked.is_of_agent else aside
        step = script.pop(0) if script else None
        if isinstance(step, Hang):
            await asyncio.sleep(step.seconds)
            return None
        return step

    async def _send(
        self, request: web.Request, asked: Asked, answer: Answer, *, broken: Break | None = None
    ) -> web.StreamResponse:
        calls = tuple(replace(call, call_id=f"call_{secrets.token_hex(8)}") for call in answer.calls)
        is_chat = asked.path.endswith("completions")
        thinks = self._deepseek and refused.thinks(asked.body) if is_chat else self.reasons
        answer = replace(answer, calls=calls, thinks=thinks)
        response_id = f"resp_{secrets.token_hex(8)}"
        if not is_chat:
            self._thoughts.note(wire.items(answer, response_id))
        count = self._counter.count(asked.body, asked.model, answer, wire.written(answer))
        served = Served(response_id, asked.model, asked.is_guard, count)
        named: dict[str, Any] = {"response_id": response_id, "model": asked.model}
        usage = tokens.of_chat(count, asked.model) if is_chat else tokens.of_responses(count)
        if not asked.body.get("stream"):
            make = chat_wire.completion if is_chat else wire.response
            whole = make(answer, usage=usage, **named)
            self._tells(whole, served)
            return web.json_response(whole)
        if is_chat:
            wanted = (asked.body.get("stream_options") or {}).get("include_usage")
            events = chat_wire.completion_chunks(answer, usage=usage if wanted else None, **named)
        else:
            events = wire.response_events(answer, usage=usage, **named)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        with contextlib.suppress(ConnectionResetError):  # whoever asked does not listen any more
            await self._say(request, response, events, served, broken=broken)
        return response

    async def _say(
        self,
        request: web.Request,
        response: web.StreamResponse,
        events: Iterable[dict[str, Any]],
        served: Served,
        *,
        broken: Break | None,
    ) -> None:
        await response.prepare(request)
        is_chat = request.path.endswith("completions")
        said = 0
        for event in events:
            name = "" if is_chat else f"event: {event['type']}\n"
            data = self.garble(event) if self.garble else json.dumps(event).encode()
            self._tells(event.get("response") or event, served)
            await response.write(name.encode() + b"data: " + data + b"\n\n")
            if wire.is_text(event):
                said += 1
                if self.delay:
                    await asyncio.sleep(self.delay)
            if broken is not None and said >= broken.after and request.transport is not None:
                if broken.seconds is None:
                    request.transport.abort()
                    return
                await asyncio.sleep(broken.seconds)
                broken = None
        if is_chat:
            await response.write(b"data: [DONE]\n\n")
        await response.write_eof()

    def _tells(self, whole: dict[str, Any], served: Served) -> None:
        """Put what is about to be told of usage on the ledger; what is never told is not."""
        if whole.get("usage") is not None:
            self.served.append(served)


def _authorize(request: web.Request) -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not key.strip():
        text = json.dumps({"error": {"message": "No key."}})
        raise web.HTTPUnauthorized(text=text, content_type="application/json")


async def _body(request: web.Request) -> dict[str, Any]:
    _authorize(request)
    try:
        body: Any = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise _bad("The body is no JSON object.")
    return body  # pyright: ignore[reportUnknownVariableType]


def _read(parse: Callable[[dict[str, Any]], Read], body: dict[str, Any]) -> Read:
    """Read what is asked; refuse items of a wrong shape, as the real servers do."""
    try:
        return parse(body)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise _bad(f"An item of the input has a wrong shape ({type(error).__name__}).") from error


def _bad(message: str) -> web.HTTPBadRequest:
    text = json.dumps({"error": {"message": message}})
    return web.HTTPBadRequest(text=text, content_type="application/json")


def _error(
    status: int, message: str, headers: dict[str, str] | None = None, code: str | None = None
) -> web.Response:
    kind = "invalid_request_error" if status == 400 else "devkit_error"
    error = {"message": message, "type": kind, "code": code, "param": None}
    return web.json_response({"error": error}, status=status, headers=headers)
