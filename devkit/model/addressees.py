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


#: A word that is told of in few sentences, such as the name of a service.
_TELLING: Final = re.compile(r"[^\W\d_]{6,}")


def is_asked(dialogue: Dialogue) -> bool:
    """Tell whether a request asks whom a message is for."""
    return not dialogue.tools and "addressee" in dialogue.instructions


def answer(dialogue: Dialogue) -> Answer:
    """Judge the message by its own words."""
    asked: dict[str, Any] = json.loads(dialogue.question)
    text = str(asked["latest"]["text"])
    is_for_it = (
        _FOR_IT.search(text) or asked["latest"]["files"] or _asks_on(text, str(asked["assistant_said"]))
    )
    return Answer(json.dumps({"addressee": "assistant" if is_for_it else "people"}))


def _asks_on(text: str, said: str) -> bool:
    """Whether it is a question about what the assistant has just spoken of."""
    of_it, of_us = (set(_TELLING.findall(words.casefold())) for words in (text, said))
    return text.rstrip().endswith("?") and bool(of_it & of_us)
