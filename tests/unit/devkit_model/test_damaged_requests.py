"""Requests of a wrong shape: refused as the real servers refuse them, and never an error of the server's own."""

from __future__ import annotations

from random import Random
from typing import Any

import aiohttp
import pytest

from devkit.model.server import ModelServer
from tests.fuzz.mutate import damaged

PARAMETERS = {
    "type": "object",
    "properties": {"invoice_id": {"type": "string"}, "amount": {"type": "string"}},
}
REFUND = {"name": "issue_refund", "description": "Refund an invoice.", "parameters": PARAMETERS}
ARGUMENTS = '{"invoice_id": "INV-1003", "amount": "29.00"}'

RESPONSES: dict[str, Any] = {
    "model": "gpt-5",
    "instructions": "You are the billing agent.",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "refund $29 on INV-1003"}]},
        {"type": "function_call", "call_id": "c1", "name": "issue_refund", "arguments": ARGUMENTS},
        {"type": "function_call_output", "call_id": "c1", "output": '{"id": "re_1", "amount": "29.00"}'},
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": "thanks, and now $3 on INV-1003"},
    ],
    "tools": [{"type": "function", **REFUND}],
}
CHAT: dict[str, Any] = {
    "model": "deepseek-chat",
    "messages": [
        {"role": "system", "content": "You are the billing agent."},
        {"role": "user", "content": "refund $29 on INV-1003"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "c1", "function": {"name": "issue_refund", "arguments": ARGUMENTS}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": '{"id": "re_1", "amount": "29.00"}'},
        {"role": "user", "content": [{"type": "text", "text": "thanks, and now $3 on INV-1003"}]},
    ],
    "tools": [{"type": "function", "function": REFUND}],
}


@pytest.mark.parametrize(("path", "body"), [("responses", RESPONSES), ("chat/completions", CHAT)])
async def test_a_damaged_request_is_answered_or_refused(
    server: ModelServer, path: str, body: dict[str, Any]
) -> None:
    statuses: dict[int, int] = {}
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer x"}) as http:
        for number in range(700):
            async with http.post(f"{server.url}/{path}", json=damaged(body, Random(number))) as response:
                statuses[response.status] = statuses.get(response.status, 0) + 1
                assert response.status in {200, 400}, f"{number}: {await response.text()}"

    assert set(statuses) == {200, 400}
