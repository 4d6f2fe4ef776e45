"""One try of a side effect: what its tool has to know, and hands on to the service behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

#: Waits so many seconds; False where the try is to come to its end instead of going on.
Pause = Callable[[float], Awaitable[bool]]


async def no_pause(seconds: float) -> bool:
    """Never wait: for a try that nobody gave the time."""
    del seconds
    return False


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try of an effect; `key` is its idempotency key, the same in every try.

    With `sent_before` an earlier try began, in this process or in one that died, so the service
    may have seen the key and done what was asked: whatever it answers now, that answer alone
    does not say that nothing happened. `pause` is how a tool waits while it has begun.
    """

    key: str = ""
    sent_before: bool = False
    pause: Pause = no_pause


NO_ATTEMPT = Attempt()
