"""Answers as Chat Completions write them, streamed and whole."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.model.dialogue import Answer
from devkit.model.wire import Event, arguments, pieces

#: What a model of DeepSeek's says to itself before it answers.
THOUGHT = "Let me think about that."
_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


def completion(answer: Answer, *, response_id: str, model: str, usage: Event) -> Event:
    """The whole answer."""
    if answer.ends == "failed":
        return _failure(answer)
    message: Event = {"role": "assistant", "content": answer.text or None}
    if answer.refusal:
        message["refusal"] = answer.refusal
    if answer.thinks:
        message["reasoning_content"] = THOUGHT
    if answer.calls:
        message["tool_calls"] = _tool_calls(answer)
    choice = {"index": 0, "message": message, "finish_reason": _reason(answer)}
    return {
        "id": response_id,
        "object": "chat.completion",
        "created": 1_795_435_200,
        "model": model,
        "choices": [choice],
        "usage": usage,
    }


def completion_chunks(
    answer: Answer, *, response_id: str, model: str, usage: Event | None
) -> Iterator[Event]:
    """The chunks of a streamed answer; the last of them has the usage, where it was asked for."""
    base = {"id": response_id, "object": "chat.completion.chunk", "created": 1_795_435_200, "model": model}

    def chunk(delta: Event, reason: str | None = None) -> Event:
        return {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    yield chunk({"role": "assistant", "content": ""})
    for piece in pieces(THOUGHT) if answer.thinks else ():
        yield chunk({"content": None, "reasoning_content": piece})
    for piece in pieces(answer.text):
        yield chunk({"content": piece})
    for piece in pieces(answer.refusal):
        yield chunk({"refusal": piece})
    yield from map(chunk, _calls_in_pieces(answer))
    if answer.ends == "failed":
        yield _failure(answer)
        return
    yield chunk({}, _reason(answer))
    if usage is not None:
        yield {**base, "choices": [], "usage": usage}


def _failure(answer: Answer) -> Event:
    message = "The model fails on request."
    return {"error": {"message": message, "type": answer.code, "code": answer.code, "param": None}}


def _tool_calls(answer: Answer) -> list[Event]:
    return [
        {
            "id": call.call_id,
            "type": "function",
            "function": {"name": call.name, "arguments": arguments(answer, call)},
        }
        for call in answer.calls
    ]


def _calls_in_pieces(answer: Answer) -> Iterator[Event]:
    """The deltas of its calls: of each its name first, then its arguments bit by bit, as the real servers stream them."""
    for index, call in enumerate(_tool_calls(answer)):
        function: Event = call["function"]
        begun = {**call, "index": index, "function": {"name": function["name"], "arguments": ""}}
        yield {"tool_calls": [begun]}
        for piece in pieces(function["arguments"]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _reason(answer: Answer) -> str:
    return _REASONS.get(answer.ends, answer.ends) or ("tool_calls" if answer.calls else "stop")
