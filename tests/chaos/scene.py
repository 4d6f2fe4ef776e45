"""What an adversary can lay hands on, and what it has set going that has to end by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.chaos.crew import Crew
from tests.chaos.succession import Succession
from tests.world import World

#: A deed: how often it is done beside the others, what a report calls it, and how it is done.
Deed = tuple[int, str, Callable[[], Awaitable[None]]]


@dataclass(slots=True)
class Scene:
    """Everything that can be harmed. `revoked_for` is how many seconds a token is revoked for."""

    world: World
    redis: Succession
    crew: Crew
    random: Random
    revoked_for: float
    #: Whether Redis may forget and clocks, keys and tokens fail too; else only what everything was seen to survive.
    all_deeds: bool = True
    #: What the adversary itself saw that must not be.
    seen: list[str] = field(default_factory=list[str])
    _going_on: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, "asyncio.Task[None]"])

    def goes_on(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Let something go on while other things go wrong; never two of a name at once."""
        if (before := self._going_on.get(name)) and not before.done():
            work.close()
            return
        self._going_on[name] = asyncio.create_task(work)

    async def ends(self) -> None:
        """Wait until nothing goes on any more."""
        await asyncio.gather(*self._going_on.values())
