"""What DeepSeek's server wants beside what the SDK writes for Chat Completions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from openai import AsyncOpenAI
from openai._models import FinalRequestOptions


class DeepSeek(AsyncOpenAI):
    """A client that tells the model, with each call that it made, what it had thought by then.

    While it thinks, the server refuses a conversation with a call that lacks this, be it that nothing was thought or that
    another model made the call: https://api-docs.deepseek.com/guides/thinking_mode. What the SDK knows of it stays.
    """

    async def _prepare_options(self, options: FinalRequestOptions) -> FinalRequestOptions:
        options = await super()._prepare_options(options)
        body = options.json_data
        if isinstance(body, Mapping) and "messages" in body:
            given = cast("dict[str, Any]", body)
            options = options.model_copy(
                update={"json_data": {**given, "messages": [_thought(one) for one in given["messages"]]}}
            )
        return options


def _thought(message: Any) -> Any:
    return {"reasoning_content": "", **message} if message.get("tool_calls") else message
