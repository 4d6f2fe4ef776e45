"""What an edit changed, before and after. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from bot.slack.card_fields import in_words, labels_of
from bot.slack.deceptive_characters import visible
from bot.slack.stored_arguments import amount

#: The least of either side of a change that is shown.
_SIDE: Final = 40
#: What a line has beside its two sides.
_BESIDE: Final = 80


def changes(before: str, after: str, *, limit: int) -> str:
    """List what differs between two sets of canonical arguments, one `label: old → new` a line."""
    old: dict[str, object] = json.loads(before)
    new: dict[str, object] = json.loads(after)
    changed = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    # Each side of each change has its share, so that a long one cannot hide another.
    share = max(limit // (2 * max(len(changed), 1)) - _BESIDE, _SIDE)
    labels = labels_of({**old, **new})
    lines = [f"{labels[name]}: {_side(old, name, share)} → {_side(new, name, share)}" for name in changed]
    kept = [line for at, line in enumerate(lines) if sum(map(len, lines[: at + 1])) <= limit]
    more = [f"… and {len(lines) - len(kept)} more changes"] if len(kept) < len(lines) else []
    return "\n".join([*kept, *more])


def _side(arguments: Mapping[str, object], name: str, limit: int) -> str:
    money = amount(json.dumps(arguments)) if name == "amount" else ""  # as on the card: with its currency
    text = money or (_words(arguments[name]) if name in arguments else "—")
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} more)"


def _words(value: object) -> str:
    """A value in words, in quotes where it could be taken for both sides of a change."""
    if isinstance(value, str) and "→" in value:
        return visible(json.dumps(value, ensure_ascii=False), keep="")
    return in_words(value)
