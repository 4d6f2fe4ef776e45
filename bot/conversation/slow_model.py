"""Who waits for a model that says nothing is told so, for as long as it does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.agents.progress import Progress, ToolFinished, ToolStarted
from bot.domain import model_ends
from bot.slack.reply import ReplyStream

KEY = "slow"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds after which a person is told that the model takes long (0: never), and after which it is given up."""

    told: float = 0
    given_up: float = 0


class SlowModel:
    """Watches the steps of one run. While a tool works the model has nothing to say."""

    def __init__(self, stream: ReplyStream, patience: Patience) -> None:
        self._stream = stream
        self._patience = patience
        self._tools: set[str] = set()
        self._last = asyncio.get_running_loop().time()
        self._is_told = False

    def saw(self, step: Progress) -> None:
        """Take note of a step."""
        match step:
            case ToolStarted():
                self._tools.add(step.call_id)
            case ToolFinished():
                self._tools.discard(step.call_id)
            case _:
                pass
        self._last = asyncio.get_running_loop().time()
        if self._is_told:
            self._is_told = False
            self._stream.hint("", key=KEY)

    async def watch(self) -> None:
        """Tell whenever it takes long, until cancelled."""
        if not self._patience.told:
            return
        while True:
            silent = asyncio.get_running_loop().time() - self._last
            if self._tools or self._is_told or silent < self._patience.told:
                await asyncio.sleep(max(self._patience.told - silent, self._patience.told / 4))
                continue
            self._is_told = True
            self._stream.hint(model_ends.slow(self._patience.given_up), key=KEY)
