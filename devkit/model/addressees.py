"""Whom a message is for, where the bot asks: simple rules over the JSON that it sends."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from devkit.model.dialogue import Answer, Dialogue

#: What the demo's assistant can look up or do.
_FOR_IT: Final = re.compile(
    r"INV-\d|\b(?:invoice|refund|credit|amount|its date|status|run|plot|csv|file)\b", re.IGNORECASE
)


def is_asked(dialogue: Dialogue) -> bool:
    """Tell whether a request asks whom a message is for."""
    return not dialogue.tools and "addressee" in dialogue.instructions


def answer(dialogue: Dialogue) -> Answer:
    """Judge the message by its own words."""
    asked: dict[str, Any] = json.loads(dialogue.question)
    is_for_it = _FOR_IT.search(str(asked["latest"]["text"])) or asked["latest"]["files"]
    return Answer(json.dumps({"addressee": "assistant" if is_for_it else "people"}))
