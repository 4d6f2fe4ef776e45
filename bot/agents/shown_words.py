"""What of a model's words is shown: piece by piece while it speaks, and whole where it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.domain.masking import PATIENCE, MaskedStream, Masks
from bot.domain.run import Completed, Failed, Interrupted, Outcome, Stopped
from bot.domain.weight import beside

#: Characters that are looked at beside the event loop: so many take about a millisecond.
LONG: Final = 2_000
#: Characters of an argument that a status line is made of.
SHOWN: Final = 200


class ShownWords:
    """The words of one run, masked. `hidden` names what is hidden in those that its outcome shows."""

    def __init__(self, masks: Masks) -> None:
        self.hidden: tuple[str, ...] = ()
        self._masks = masks
        self._stream = MaskedStream(masks)

    def begin(self) -> None:
        """Forget what was said: the next turn begins."""
        self._stream = MaskedStream(self._masks)

    async def more(self, text: str) -> str:
        """What can be shown more, now that the model has said this."""
        stream = self._stream
        if len(text) + stream.held > LONG:
            return await asyncio.to_thread(stream.add, text)
        return stream.add(text)

    async def rest(self) -> str:
        """What was held back, where the model is known to have said all of it."""
        stream = self._stream
        return await asyncio.to_thread(stream.rest) if stream.held > LONG else stream.rest()

    def in_line(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Arguments as they may stand in a status line, which shows little of each; on cards they stand as they are."""
        patience = PATIENCE / max(len(arguments), 1)
        return {
            name: in_line(str(value)[:SHOWN], self._masks, patience) if _is_shown(value) else value
            for name, value in arguments.items()
        }

    async def of(self, outcome: Outcome) -> Outcome:
        """An outcome as it is shown and kept for showing it again."""
        if not isinstance(outcome, Completed | Interrupted | Stopped | Failed) or not outcome.text:
            return outcome
        is_cut = isinstance(outcome, Stopped | Failed) or (
            isinstance(outcome, Completed) and outcome.cut is not None
        )
        shown = await beside(len(outcome.text) <= LONG, self._masks.whole, outcome.text, cut=is_cut)
        self.hidden = shown.hidden
        return replace(outcome, text=shown.text)


def in_line(text: str, masks: Masks, patience: float = PATIENCE) -> str:
    """A short text masked as a line shows it, so that no blanks or breaks that a line does not show hide anything."""
    return masks.whole(" ".join(text.split()), cut=True, patience=patience).text


def _is_shown(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
