"""What is wrong with keys and tokens as they were pasted: what they are made of, never what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.settings.config import Settings

#: What goes out in a header: an HTTP client breaks off at anything else, on the first message of somebody.
_IN_HEADER: Final = re.compile(r"[!-~]+")
_SENT: Final = (
    *("slack_bot_token", "slack_app_token", "openai_api_key", "deepseek_api_key", "chat_api_key"),
    "sandbox_api_key",
)
#: Decoders skip what is no character of a key, and all behind its end: of "one;two" only the first would be used.
#: https://github.com/fernet/spec/blob/master/Spec.md#key-format
_FERNET: Final = re.compile(r"[A-Za-z0-9_-]{43}=")


def problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """Say what is wrong, a field and a sentence each; never a value."""
    for name in _SENT:
        key = getattr(settings, name).get_secret_value()
        if key and not _IN_HEADER.fullmatch(key):
            yield (
                name,
                f"{name.upper()} has a blank in it, or a character that no key has: copy it once more.",
            )
    for number, key in enumerate(settings.state_key_list, start=1):
        if not _FERNET.fullmatch(key):
            yield (
                "state_keys",
                f"STATE_KEYS: key number {number} is not a Fernet key; `countersign new-key` prints one.",
            )
