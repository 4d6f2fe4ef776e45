"""The quick client sends and reads what openai's own does."""

from __future__ import annotations

from typing import Any, cast

import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent

from bot.agents.deepseek import DeepSeek
from bot.agents.quick_client import QuickClient, read_event
from devkit.model.script import Text
from devkit.model.server import ModelServer

RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1.0,
    "model": "m",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "status": "in_progress",
}
CALL = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}", "id": "fc_1"}
EVENTS: list[dict[str, Any]] = [
    {
        "type": "response.output_text.delta",
        "item_id": "msg_1",
        "output_index": 0,
        "content_index": 0,
        "delta": "Hi",
        "logprobs": [],
        "sequence_number": 4,
    },
    {"type": "response.created", "response": RESPONSE, "sequence_number": 0},
    {"type": "response.output_item.done", "item": CALL, "output_index": 0, "sequence_number": 2},
    {"type": "error", "code": "x", "message": "no", "param": None, "sequence_number": 1},
]
PIECE = {"index": 0, "delta": {"content": "Hi", "reasoning_content": "hm"}, "finish_reason": None}
CHUNK: dict[str, Any] = {
    "id": "c1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [PIECE],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "prompt_cache_hit_tokens": 1},
}
#: What no model of the client says that an event looks like.
ODD: list[tuple[Any, dict[str, Any]]] = [
    (ResponseStreamEvent, {"type": "response.never_heard_of", "delta": "x"}),
    (ResponseStreamEvent, {"type": "response.output_text.delta", "delta": "no more than this"}),
    (ChatCompletionChunk, {"choices": [{"delta": {"content": "x"}}]}),
    (ChatCompletionChunk, CHUNK | {"choices": [PIECE | {"finish_reason": "insufficient_system_resource"}]}),
    (
        ChatCompletionChunk,
        CHUNK | {"usage": {"prompt_tokens": "1", "completion_tokens": 2, "total_tokens": 3}},
    ),
]


def both(data: Any, wanted: Any) -> tuple[Any, Any]:
    """What the quick client and openai's own make of an event."""
    quick, own = (
        kind(api_key="any")._process_response_data(data=data, cast_to=wanted, response=cast("Any", None))  # pyright: ignore[reportPrivateUsage]
        for kind in (QuickClient, AsyncOpenAI)
    )
    return quick, own


@pytest.mark.parametrize(
    ("wanted", "data"),
    [*((ResponseStreamEvent, event) for event in EVENTS), (ChatCompletionChunk, CHUNK), *ODD],
)
def test_each_event_is_read_as_the_client_reads_it(wanted: Any, data: dict[str, Any]) -> None:
    quick, own = both(data, wanted)

    assert type(quick) is type(own)
    assert quick == own
    assert quick.model_dump(exclude_unset=True, warnings=False) == own.model_dump(
        exclude_unset=True, warnings=False
    )


@pytest.mark.parametrize(
    ("wanted", "data"), [*((ResponseStreamEvent, event) for event in EVENTS), (ChatCompletionChunk, CHUNK)]
)
def test_what_servers_say_all_the_time_is_read_without_a_guess(wanted: Any, data: dict[str, Any]) -> None:
    assert read_event(data, wanted) is not None


@pytest.mark.parametrize(("wanted", "data"), ODD)
def test_what_is_odd_is_left_to_the_client(wanted: Any, data: dict[str, Any]) -> None:
    assert read_event(data, wanted) is None


LOOK = {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]}
SAID: list[Any] = [{"role": "user", "content": "hello"}]


async def bodies(*kinds: type[AsyncOpenAI]) -> list[Any]:
    """What a server is sent by each kind of client, over both APIs, streamed and not."""
    server = ModelServer()
    await server.start()
    function: Any = {"name": "look", "description": "Look.", "parameters": LOOK}
    own: Any = [{"type": "function", "strict": None, **function}]
    try:
        for kind in kinds:
            async with kind(api_key="any", base_url=server.url, max_retries=0) as client:
                for stream in (False, True):
                    server.script(Text("hi"), Text("hi"))
                    answer: Any = await client.responses.create(
                        model="m",
                        input=SAID,
                        tools=own,
                        stream=stream,
                        extra_body={"more": 1},
                    )
                    other: Any = await client.chat.completions.create(
                        model="m",
                        messages=SAID,
                        tools=[{"type": "function", "function": function}],
                        stream=stream,
                    )
                    for one in (answer, other) if stream else ():
                        assert [event async for event in one]
        return [asked.body for asked in server.asked()]
    finally:
        await server.stop()


@pytest.mark.parametrize("kind", [QuickClient, DeepSeek])
async def test_what_is_sent_is_what_the_client_would_send(kind: type[AsyncOpenAI]) -> None:
    sent = await bodies(kind, AsyncOpenAI)

    assert len(sent) == 8
    assert sent[:4] == sent[4:]
    assert [one for one in sent if one.get("input", one.get("messages")) == SAID] == sent
