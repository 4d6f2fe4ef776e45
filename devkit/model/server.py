"""An OpenAI-compatible server: Responses and Chat Completions, streamed or whole."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from devkit.model import dialogue, rules, wire
from devkit.model.dialogue import Answer, Call, Dialogue
from devkit.model.script import Calls, CutStream, Garbage, Hang, HttpError, Step, Text
from devkit.serving import Server

MODELS = ("gpt-5", "gpt-5-mini", "gpt-5-nano", "deepseek-chat", "deepseek-reasoner")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as tests look at it."""

    path: str
    model: str
    dialogue: Dialogue
    body: dict[str, Any]

    @property
    def is_guard(self) -> bool:
        """Whether the classifier asked."""
        return not self.dialogue.tools and "label" in self.dialogue.instructions


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
        self.requests: list[Asked] = []
        self._script: list[Step] = []
        self._guard_script: list[Step] = []
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

    def clear(self) -> None:
        """Forget the script: from now on answer by the rules."""
        self._script.clear()
        self._guard_script.clear()

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
        return [asked for asked in self.requests if asked.is_guard is guard]

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
        if self._deepseek and (refusal := _strict(body)):
            return _error(400, refusal)
        return await self._answer(request, asked)

    async def _answer(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        self.requests.append(asked)
        match step := await self._step(asked):
            case HttpError():
                headers = {"Retry-After": f"{step.retry_after:g}"} if step.retry_after is not None else None
                return _error(step.status, "The model fails on request.", headers)
            case Garbage():
                return web.Response(text="data: {]\n\n", content_type="text/event-stream")
            case CutStream():
                return await self._send(request, asked, Answer(step.text), cut=step.after)
            case Text():
                answer = Answer(step.text)
            case Calls():
                answer = Answer(step.text, tuple(Call(name, given) for name, given in step.calls))
            case None | Hang():
                answer = rules.answer(asked.dialogue)
        return await self._send(request, asked, answer)

    async def _step(self, asked: Asked) -> Step | None:
        """Wait for as long as is wished, and take the next step of the script, if there is one."""
        if not asked.is_guard:
            await self._open.wait()
            await asyncio.sleep(self.thinks)
        script = self._guard_script if asked.is_guard else self._script
        step = script.pop(0) if script else None
        if isinstance(step, Hang):
            await asyncio.sleep(step.seconds)
            return None
        return step

    async def _send(
        self, request: web.Request, asked: Asked, answer: Answer, *, cut: int | None = None
    ) -> web.StreamResponse:
        calls = tuple(replace(call, call_id=f"call_{secrets.token_hex(8)}") for call in answer.calls)
        answer = replace(answer, calls=calls)
        response_id = f"resp_{secrets.token_hex(8)}"
        is_chat = asked.path.endswith("completions")
        if not asked.body.get("stream"):
            make = wire.completion if is_chat else wire.response
            return web.json_response(make(answer, response_id=response_id, model=asked.model))
        if is_chat:
            with_usage = bool((asked.body.get("stream_options") or {}).get("include_usage"))
            events = wire.completion_chunks(
                answer, response_id=response_id, model=asked.model, with_usage=with_usage
            )
        else:
            events = wire.response_events(answer, response_id=response_id, model=asked.model)
        return await self._stream(request, events, is_chat=is_chat, cut=cut)

    async def _stream(
        self, request: web.Request, events: Iterable[dict[str, Any]], *, is_chat: bool, cut: int | None
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        with contextlib.suppress(ConnectionResetError):  # whoever asked does not listen any more
            await self._say(request, response, events, is_chat=is_chat, cut=cut)
        return response

    async def _say(
        self,
        request: web.Request,
        response: web.StreamResponse,
        events: Iterable[dict[str, Any]],
        *,
        is_chat: bool,
        cut: int | None,
    ) -> None:
        await response.prepare(request)
        said = 0
        for event in events:
            name = "" if is_chat else f"event: {event['type']}\n"
            data = self.garble(event) if self.garble else json.dumps(event).encode()
            await response.write(name.encode() + b"data: " + data + b"\n\n")
            if _is_text(event):
                said += 1
                if self.delay:
                    await asyncio.sleep(self.delay)
            if cut is not None and said >= cut and request.transport is not None:
                request.transport.abort()
                return
        if is_chat:
            await response.write(b"data: [DONE]\n\n")
        await response.write_eof()


def _is_text(event: dict[str, Any]) -> bool:
    if event.get("type") == "response.output_text.delta":
        return True
    choices: list[Any] = event.get("choices") or []
    return bool(choices and choices[0].get("delta", {}).get("content"))


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


def _read(parse: Callable[[Mapping[str, Any]], Dialogue], body: Mapping[str, Any]) -> Dialogue:
    """Read what is asked; refuse items of a wrong shape, as the real servers do."""
    try:
        return parse(body)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise _bad(f"An item of the input has a wrong shape ({type(error).__name__}).") from error


def _bad(message: str) -> web.HTTPBadRequest:
    text = json.dumps({"error": {"message": message}})
    return web.HTTPBadRequest(text=text, content_type="application/json")


def _strict(body: dict[str, Any]) -> str | None:
    """Refuse what DeepSeek refuses."""
    if (body.get("response_format") or {}).get("type") == "json_schema":
        return "This response_format type is unavailable now"
    return _misplaced(body.get("messages") or [])


def _misplaced(messages: list[dict[str, Any]]) -> str | None:
    """Find a tool message without its call, or a call without its tool message."""
    waiting: set[str] = set()
    for message in [*messages, {}]:
        call_id = str(message.get("tool_call_id"))
        if message.get("role") == "tool":
            if call_id not in waiting:
                return "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'"
            waiting.remove(call_id)
        elif waiting:
            return (
                "An assistant message with 'tool_calls' must be followed by tool messages "
                "responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)"
            )
        else:
            waiting = {str(call["id"]) for call in message.get("tool_calls") or []}
    return None


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    error = {"message": message, "type": "devkit_error", "code": None, "param": None}
    return web.json_response({"error": error}, status=status, headers=headers)
