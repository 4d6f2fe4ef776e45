"""A model that declines is heard in its own words, and they are remembered like any answer."""

from __future__ import annotations

from typing import Any

from agents import (
    ItemHelpers,
    MessageOutputItem,
    ModelRefusalError,
    RunErrorHandlerInput,
    RunErrorHandlerResult,
)


def in_its_own_words(failed: RunErrorHandlerInput[Any]) -> RunErrorHandlerResult | None:
    """Take a refusal, and what was said before it, for the answer."""
    if not isinstance(failed.error, ModelRefusalError):
        return None
    messages = [item.raw_item for item in failed.run_data.new_items if isinstance(item, MessageOutputItem)]
    before = (ItemHelpers.extract_text(messages[-1]) if messages else None) or ""
    return RunErrorHandlerResult(f"{before}\n\n{failed.error.refusal}".strip(), include_in_history=False)
