"""Answers as the Responses protocol writes them, streamed and whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from devkit.model.dialogue import Answer, Call

Event = dict[str, Any]


def pieces(text: str) -> list[str]:
    """Cut a text as a model streams it: by words."""
    return re.findall(r"\s*\S+\s*?(?=\s|$)|\s+", text)


def written(answer: Answer) -> str:
    """All that is written of an answer, to be counted."""
    calls = "".join(call.name + arguments(answer, call) for call in answer.calls)
    return answer.text + answer.refusal + calls


def arguments(answer: Answer, call: Call) -> str:
    """The arguments of a call as they are written; of the last one only half where the answer ends too soon."""
    whole = json.dumps(call.arguments) if call.written is None else call.written
    return whole[: len(whole) // 2] if answer.ends and call is answer.calls[-1] else whole


def response(answer: Answer, *, response_id: str, model: str, usage: Event, status: str = "") -> Event:
    """The Responses object; `status` where it is not what the answer ends with."""
    status = status or _status(answer)
    has_output = status in {"completed", "incomplete"}
    return {
        "id": response_id,
        "object": "response",
        "created_at": 1_795_435_200,
        "status": status,
        "model": model,
        "output": items(answer, response_id) if has_output else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": {"code": answer.code, "message": "The model fails on request."}
        if status == "failed"
        else None,
        "incomplete_details": {"reason": answer.ends} if status == "incomplete" else None,
        "instructions": None,
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "usage": usage if has_output else None,
    }


def response_events(answer: Answer, *, response_id: str, model: str, usage: Event) -> Iterator[Event]:
    """The events of a streamed Responses answer."""
    begun = response(answer, response_id=response_id, model=model, usage=usage, status="in_progress")
    whole = response(answer, response_id=response_id, model=model, usage=usage)
    for number, event in enumerate(_response_events(answer, begun, whole)):
        yield {**event, "sequence_number": number}


def _response_events(answer: Answer, begun: Event, whole: Event) -> Iterator[Event]:
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(items(answer, str(whole["id"]))):
        where = {"output_index": index, "item_id": item["id"]}
        begins = {"content": [], "arguments": "", "status": "in_progress"}
        kept = {name: value for name, value in begins.items() if name in item}
        yield {"type": "response.output_item.added", "output_index": index, "item": {**item, **kept}}
        if item["type"] == "message":
            for number, part in enumerate(item["content"]):
                yield from _part_events(part, {**where, "content_index": number})
        elif item["type"] == "function_call":
            yield from _call_events(item, where)
        if answer.ends != "failed":
            yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{_status(answer)}", "response": whole}


def _part_events(part: Event, where: Event) -> Iterator[Event]:
    """A part of a message: text, or a refusal."""
    kind = "text" if part["type"] == "output_text" else "refusal"
    said = part[kind]
    more: Event = {"logprobs": []} if kind == "text" else {}
    name = "response.output_text" if kind == "text" else "response.refusal"
    yield {"type": "response.content_part.added", **where, "part": {**part, kind: ""}}
    for piece in pieces(said):
        yield {"type": f"{name}.delta", **where, "delta": piece, **more}
    yield {"type": f"{name}.done", **where, kind: said, **more}
    yield {"type": "response.content_part.done", **where, "part": part}


def _call_events(item: Event, where: Event) -> Iterator[Event]:
    yield {"type": "response.function_call_arguments.delta", **where, "delta": item["arguments"]}
    yield {
        "type": "response.function_call_arguments.done",
        **where,
        "name": item["name"],
        "arguments": item["arguments"],
    }


def items(answer: Answer, response_id: str) -> list[Event]:
    """The output items of an answer; those of one that ends too soon end with an incomplete one."""
    found: list[Event] = []
    if answer.thinks:
        found.append({"id": f"rs_{response_id}", "type": "reasoning", "summary": []})
    if answer.text or answer.refusal or not (answer.calls or answer.ends):
        message = {"id": f"msg_{response_id}", "type": "message", "role": "assistant"}
        found.append({**message, "status": "completed", "content": _content(answer)})
    for number, call in enumerate(answer.calls):
        found.append(
            {
                "id": f"fc_{number}_{response_id}",
                "type": "function_call",
                "status": "completed",
                "call_id": call.call_id,
                "name": call.name,
                "arguments": arguments(answer, call),
            }
        )
    if answer.ends and found and "status" in found[-1]:
        found[-1]["status"] = "incomplete"
    return found


def _content(answer: Answer) -> list[Event]:
    content: list[Event] = []
    if answer.text or not answer.refusal:
        content.append({"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []})
    if answer.refusal:
        content.append({"type": "refusal", "refusal": answer.refusal})
    return content


def _status(answer: Answer) -> str:
    return {"": "completed", "failed": "failed"}.get(answer.ends, "incomplete")


def is_text(event: dict[str, Any]) -> bool:
    """Whether an event of either protocol is a piece of text."""
    if event.get("type") == "response.output_text.delta":
        return True
    choices: list[Any] = event.get("choices") or []
    return bool(choices and choices[0].get("delta", {}).get("content"))
