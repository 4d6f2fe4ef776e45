"""`${NAME}` in an mcp.toml: the value of an environment variable, so that no secret stands in the file. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import SplitResult

_REFERENCE: Final = re.compile(r"\$\{([A-Z][A-Z0-9_]{0,63})\}", re.ASCII)
#: Names of headers, variables and flags whose values are secrets.
_SECRET_NAME: Final = re.compile(
    r"auth|cookie|token|secret|passw|pwd|credential|bearer|session|(^|[-_])(api|access|private)?[-_]?key$",
    re.IGNORECASE,
)
#: How keys of well-known services begin.
_SECRET_START: Final = re.compile(
    r"sk-|xox[abpe]-|xapp-|gh[opsu]_|github_pat_|glpat-|AKIA|AIza|ya29\.|eyJ|-----BEGIN"
)
#: What may stand before the reference of a secret: `Bearer ${TOKEN}`.
_SCHEME: Final = re.compile(r"([A-Za-z]{1,12} )?", re.ASCII)
_PIECE: Final = re.compile(r"[^\s=:,;/?&@]+")
#: What words are joined with tells names from keys; a UUID is taken for a key.
_RUN: Final = re.compile(r"[A-Za-z0-9+]+")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: From this length on, and with so many bits a character, letters and digits are taken for a key.
_LONG, _BITS = 20, 3.5


def names(texts: Sequence[str]) -> tuple[str, ...]:
    """The variables that these texts refer to, in order."""
    return tuple(dict.fromkeys(name for text in texts for name in _REFERENCE.findall(text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its references replaced. Raises `KeyError` for a variable without a value."""
    return _REFERENCE.sub(lambda found: values[found[1]], text)


def holds_secret(name: str, text: str) -> bool:
    """Whether a value looks as if a secret stood in it, by its name or by itself."""
    literal = _REFERENCE.sub("", text)
    if _SECRET_NAME.search(name) and not (_REFERENCE.search(text) and _SCHEME.fullmatch(literal)):
        return bool(text.strip())
    return any(_is_key(piece) for piece in _PIECE.findall(literal))


def secret_in(command: Sequence[str]) -> bool:
    """Whether a secret stands among the words of a command line."""
    for before, word in zip(("", *command), command, strict=False):
        flag, is_given, value = word.partition("=")
        if is_given and flag.startswith("-") and _SECRET_NAME.search(flag) and value:
            return True
        flagged = before.startswith("-") and "=" not in before and _SECRET_NAME.search(before)
        if flagged and not word.startswith("-"):
            return True
        if any(_is_key(piece) for piece in _PIECE.findall(word)):
            return True
    return False


def secret_in_url(parts: SplitResult) -> bool:
    """Whether an address carries a password or a key."""
    if parts.username or parts.password:
        return True
    pairs = [pair.partition("=") for pair in parts.query.split("&")]
    return any(_SECRET_NAME.search(name) and value for name, _, value in pairs) or any(
        _is_key(piece) for piece in _PIECE.findall(f"{parts.path}?{parts.query}")
    )


def _is_key(piece: str) -> bool:
    if _SECRET_START.match(piece) and len(piece) > 8:
        return True
    return _UUID.fullmatch(piece) is not None or any(_is_random(run) for run in _RUN.findall(piece))


def _is_random(run: str) -> bool:
    if len(run) < _LONG or not (re.search(r"\d", run) and re.search(r"[A-Za-z]", run)):
        return False
    counts = Counter(run).values()
    return -sum(n / len(run) * math.log2(n / len(run)) for n in counts) > _BITS
