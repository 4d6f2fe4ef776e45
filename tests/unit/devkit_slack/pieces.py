"""Views as the tests write them, and the error that a call ends with."""

from __future__ import annotations

from typing import Any, cast

import pytest
from slack_sdk.errors import SlackApiError

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(action_id: str, value: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain("Go"), "value": value, **more}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


def field(block_id: str, element: Json, **more: Any) -> Json:
    return {"type": "input", "block_id": block_id, "label": plain("Label"), "element": element, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    frame = {"type": "modal", "callback_id": "form", "title": plain("Form"), "submit": plain("Save")}
    return {**frame, "blocks": list(blocks), **more}


def home(*blocks: Json, **more: Any) -> Json:
    return {"type": "home", "blocks": list(blocks), **more}


TEXT = {"type": "plain_text_input", "action_id": "a"}
WHY = field("why", TEXT)
HEADER = {"type": "header", "text": plain("Waiting for you")}
ROW = {"type": "section", "text": plain("A refund"), "accessory": button("open", "1")}


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as raised:
        await call
    return str(cast(Any, raised.value).response["error"])
