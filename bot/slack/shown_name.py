"""Names that people and workspaces give themselves, so that none of them can be taken for something else. Pure.

A name is whatever its owner typed. Between other words it must neither end what it stands in nor look like
markup, a mention, an id's label or a line of its own.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from bot.slack.deceptive_characters import visible

#: Characters of a name that are shown.
LONGEST: Final = 40
#: A name of more words is put in quotation marks, so that it cannot pass for a sentence.
WORDS: Final = 4
#: What stands for a character that cannot be seen (`visible`).
_ESCAPED: Final = re.compile(r"\\u[0-9a-f]{4}|\\U[0-9a-f]{8}")
#: What may be in a name beside letters, marks and digits.
_ALSO: Final = frozenset(" .'’-_")


def shown_name(name: str) -> str:
    """A name as it may stand among other words; empty where nothing of it may."""
    spaced = _ESCAPED.sub("", visible(" ".join(name.split())))[: 4 * LONGEST]
    kept = "".join(char if _is_plain(char) else "" for char in spaced)
    short = " ".join(kept.split())[:LONGEST].strip(" .-_")
    return f"“{short}”" if len(short.split()) > WORDS else short


def _is_plain(char: str) -> bool:
    return char in _ALSO or unicodedata.category(char)[0] in "LMN"
