"""Answers as the two protocols write them, streamed and whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from devkit.model.dialogue import Answer, Call

Event = dict[str, Any]


def pieces(text: str) -> list[str]:
    """Cut a text as a model streams it: by words."""
    return re.findall(r"\s*\S+\s*?(?=\s|$)|\s+", text)


def usage(answer: Answer) -> dict[str, int]:
    """Invented but plausible counts."""
    output = len(pieces(answer.text)) + 12 * len(answer.calls)
    return {"input": 100, "output": output, "total": 100 + output}


def response(answer: Answer, *, response_id: str, model: str, status: str = "completed") -> Event:
    """The Responses object."""
    count = usage(answer)
    return {
        "id": response_id,
        "object": "response",
        "created_at": 1_795_435_200,
        "status": status,
        "model": model,
        "output": [item for _, item in _items(answer, response_id)] if status == "completed" else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "usage": {
            "input_tokens": count["input"],
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": count["output"],
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": count["total"],
        }
        if status == "completed"
        else None,
    }


def response_events(answer: Answer, *, response_id: str, model: str) -> Iterator[Event]:
    """The events of a streamed Responses answer."""
    begun = response(answer, response_id=response_id, model=model, status="in_progress")
    for number, event in enumerate(_response_events(answer, begun, response_id, model)):
        yield {**event, "sequence_number": number}


def _response_events(answer: Answer, begun: Event, response_id: str, model: str) -> Iterator[Event]:
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, (kind, item) in enumerate(_items(answer, response_id)):
        where = {"output_index": index, "item_id": item["id"]}
        if kind == "message":
            yield from _message_events(answer.text, item, where, index)
        else:
            yield from _call_events(item, where, index)
    yield {
        "type": "response.completed",
        "response": response(answer, response_id=response_id, model=model),
    }


def _message_events(text: str, item: Event, where: Event, index: int) -> Iterator[Event]:
    yield {
        "type": "response.output_item.added",
        "output_index": index,
        "item": {**item, "content": [], "status": "in_progress"},
    }
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    yield {"type": "response.content_part.added", **where, "content_index": 0, "part": part}
    for piece in pieces(text):
        yield {
            "type": "response.output_text.delta",
            **where,
            "content_index": 0,
            "delta": piece,
            "logprobs": [],
        }
    yield {"type": "response.output_text.done", **where, "content_index": 0, "text": text, "logprobs": []}
    yield {"type": "response.content_part.done", **where, "content_index": 0, "part": {**part, "text": text}}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _call_events(item: Event, where: Event, index: int) -> Iterator[Event]:
    yield {
        "type": "response.output_item.added",
        "output_index": index,
        "item": {**item, "arguments": "", "status": "in_progress"},
    }
    yield {"type": "response.function_call_arguments.delta", **where, "delta": item["arguments"]}
    yield {
        "type": "response.function_call_arguments.done",
        **where,
        "name": item["name"],
        "arguments": item["arguments"],
    }
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _items(answer: Answer, response_id: str) -> Iterator[tuple[str, Event]]:
    if answer.text or not answer.calls:
        content = [{"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}]
        yield (
            "message",
            {
                "id": f"msg_{response_id}",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": content,
            },
        )
    for number, call in enumerate(answer.calls):
        yield (
            "call",
            {
                "id": f"fc_{number}_{response_id}",
                "type": "function_call",
                "status": "completed",
                "call_id": call.call_id,
                "name": call.name,
                "arguments": _arguments(call),
            },
        )


def completion(answer: Answer, *, response_id: str, model: str) -> Event:
    """The whole Chat Completions answer."""
    message: Event = {"role": "assistant", "content": answer.text or None}
    if answer.calls:
        message["tool_calls"] = _tool_calls(answer.calls)
    choice = {"index": 0, "message": message, "finish_reason": _reason(answer)}
    return {
        "id": response_id,
        "object": "chat.completion",
        "created": 1_795_435_200,
        "model": model,
        "choices": [choice],
        "usage": _chat_usage(answer),
    }


def completion_chunks(answer: Answer, *, response_id: str, model: str, with_usage: bool) -> Iterator[Event]:
    """The chunks of a streamed Chat Completions answer."""
    base = {"id": response_id, "object": "chat.completion.chunk", "created": 1_795_435_200, "model": model}

    def chunk(delta: Event, reason: str | None = None) -> Event:
        return {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    yield chunk({"role": "assistant", "content": ""})
    for piece in pieces(answer.text):
        yield chunk({"content": piece})
    for index, call in enumerate(_tool_calls(answer.calls)):
        yield chunk({"tool_calls": [{**call, "index": index}]})
    yield chunk({}, _reason(answer))
    if with_usage:
        yield {**base, "choices": [], "usage": _chat_usage(answer)}


def _tool_calls(calls: Sequence[Call]) -> list[Event]:
    return [
        {
            "id": call.call_id,
            "type": "function",
            "function": {"name": call.name, "arguments": _arguments(call)},
        }
        for call in calls
    ]


def _arguments(call: Call) -> str:
    return json.dumps(call.arguments)


def _reason(answer: Answer) -> str:
    return "tool_calls" if answer.calls else "stop"


def _chat_usage(answer: Answer) -> dict[str, int]:
    count = usage(answer)
    return {
        "prompt_tokens": count["input"],
        "completion_tokens": count["output"],
        "total_tokens": count["total"],
    }
