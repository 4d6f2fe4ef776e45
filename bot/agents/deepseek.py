"""What DeepSeek's server wants beside what the SDK writes for Chat Completions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from openai._models import FinalRequestOptions

from bot.agents.quick_client import QuickClient


class DeepSeek(QuickClient):
    """A client that tells the model, with each call that it made, what it had thought by then.

    While it thinks, the server refuses a conversation with a call that lacks this, be it that nothing was thought or that
    another model made the call: https://api-docs.deepseek.com/guides/thinking_mode. What the SDK knows of it stays.
    """

    async def _prepare_options(self, options: FinalRequestOptions) -> FinalRequestOptions:
        options = await super()._prepare_options(options)
        for name in ("json_data", "extra_json"):
            body = getattr(options, name)
            if isinstance(body, Mapping) and "messages" in body:
                given = cast("dict[str, Any]", body)
                thought = {**given, "messages": [_thought(one) for one in given["messages"]]}
                options = options.model_copy(update={name: thought})
        return options


def _thought(message: Any) -> Any:
    return {"reasoning_content": "", **message} if message.get("tool_calls") else message
