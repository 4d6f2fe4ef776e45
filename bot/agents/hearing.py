"""Listening to a model's answer: for as long as words come, and for no longer than a whole answer may take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from agents import ModelTimeoutError

from bot.agents.bad_end import BadEnd
from bot.domain.ends import ModelEnd


@dataclass(frozen=True, slots=True)
class Silence:
    """Seconds for which a server may say nothing, to a request and once it has begun to answer; and for one answer whole.

    The whole is counted here and not by the SDK, which begins a task and a timer for each piece of an answer for it.
    """

    first: float
    later: float
    whole: float = float("inf")


async def heard(events: AsyncIterator[Any], silence: Silence) -> AsyncGenerator[Any]:
    """Pass events on for as long as they come; raises `BadEnd` where none does for too long, `ModelTimeoutError` for the whole."""
    wait = Wait()
    now = wait.loop.time
    last, seconds, has_begun = now() + silence.whole, silence.first, False
    try:
        while True:
            until = now() + seconds
            try:
                with wait.until(min(until, last)):
                    event = await anext(events)
            except StopAsyncIteration:
                return
            except TimeoutError:
                if not wait.is_over:
                    raise
                break
            yield event
            has_begun, seconds = True, silence.later
    finally:
        wait.close()
    # Not in the handler: what stands behind a timeout is a cancellation, and the SDK repeats nothing that was cancelled.
    if last <= until:
        raise ModelTimeoutError(silence.whole)
    raise BadEnd(ModelEnd.SILENT, may_repeat=not has_begun)


class Wait:
    """What `asyncio.timeout_at` is, for one wait after the other, with one timer for all of them.

    A timer of its own for each piece of an answer, made and cancelled, costs more than to read the piece.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        #: Whether the latest wait was ended.
        self.is_over = False
        self._task: asyncio.Task[Any] | None = None
        self._cancelling = 0
        self._until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._rings = 0.0

    def until(self, moment: float) -> Self:
        """Wait in this block, until a moment of the loop's clock at most; then it raises `TimeoutError`."""
        self._until = moment
        return self

    def __enter__(self) -> None:
        self.is_over = False
        self._task = task = asyncio.current_task()
        self._cancelling = task.cancelling() if task is not None else 0
        if self._timer is None or self._rings > self._until:
            self._ring_at(self._until)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self._task = self._task, None
        # Only what ended this wait is taken back: whoever else cancels the task ends it.
        is_ours = self.is_over and task is not None and task.uncancel() <= self._cancelling
        if is_ours and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def close(self) -> None:
        """Nothing is waited for any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring_at(self, moment: float) -> None:
        self.close()
        self._timer, self._rings = self.loop.call_at(moment, self._ring), moment

    def _ring(self) -> None:
        """Something may have come since the timer was set: then it goes on until the present wait ends."""
        self._timer = None
        if self._task is None:
            return
        if self.loop.time() < self._until:
            self._ring_at(self._until)
            return
        self.is_over = True
        self._task.cancel()
