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
        #: What was said and not looked at yet, and what can be shown of the rest and nobody has taken.
        self._said: list[str] = []
        self._length = 0
        self._ready = ""
        #: Whether it is looked at in a thread, and so by nobody else.
        self._is_aside = False

    def begin(self) -> None:
        """Forget what was said: the next turn begins."""
        self._stream = MaskedStream(self._masks)

    async def add(self, text: str) -> None:
        """Hear what the model says. It is looked at when somebody takes it; at once where much has come together."""
        self._said.append(text)
        self._length += len(text)
        if self._length + self._stream.held > LONG:
            await self._look(is_end=False)

    async def rest(self) -> bool:
        """Let what was held back be taken, where the model is known to have said all of it; whether there was anything."""
        return bool(self._length or self._stream.held) and await self._look(is_end=True)

    def taken(self) -> str:
        """What can be shown more by now, beyond what was taken before."""
        if self._said and not self._is_aside:
            self._ready += self._seen(is_end=False)
        ready, self._ready = self._ready, ""
        return ready

    async def _look(self, *, is_end: bool) -> bool:
        """Look at what was said, beside the event loop where that may take long; whether there is more to be taken."""
        if self._length + self._stream.held <= LONG:
            seen = self._seen(is_end=is_end)
        else:
            # A thread goes on though its run is cut off: then nobody looks at these words any more.
            self._is_aside = True
            seen = await asyncio.to_thread(self._seen, is_end=is_end)
            self._is_aside = False
        self._ready += seen  # what was there by then may have been taken meanwhile
        return bool(seen)

    def _seen(self, *, is_end: bool) -> str:
        said, self._said, self._length = "".join(self._said), [], 0
        shown = self._stream.add(said) if said else ""
        return shown + self._stream.rest() if is_end else shown

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
