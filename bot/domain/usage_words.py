"""Usage in words and figures for people. Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from bot.domain.usage import Usage

_CENT: Final = Decimal("0.01")


def dollars(cost: Decimal) -> str:
    """Money as people read it: to the cent; what is less is said to be."""
    if 0 < cost < _CENT:
        return "less than a cent"
    return f"${cost.quantize(_CENT, ROUND_HALF_UP):,}"


def in_words(usage: Usage) -> str:
    """What was used, in one sentence without its end."""
    if not usage.requests:
        return "nothing yet"
    tokens = usage.tokens
    read = f"{tokens.input:,} tokens read"
    cached = f" ({tokens.cached:,} of them from a cache)" if tokens.cached else ""
    times = "once" if usage.requests == 1 else f"{usage.requests:,} times"
    said = f"{dollars(usage.cost)}; models were asked {times}, {read}{cached}, {tokens.output:,} written"
    return f"{said}{_gaps(usage)}"


def _gaps(usage: Usage) -> str:
    """What the sum leaves out."""
    gaps = [
        *([f"{usage.unpriced:,} without a known price"] if usage.unpriced else []),
        *(
            [f"{usage.untold:,} that ended before the model's server said what they used"]
            if usage.untold
            else []
        ),
    ]
    return f"; not in this sum: {' and '.join(gaps)}" if gaps else ""
