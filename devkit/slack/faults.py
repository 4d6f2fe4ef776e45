"""Answers that a test asks for instead of the right ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Fault:
    """What goes wrong, and how often it still does. `lost`: the call works, its answer never arrives."""

    method: str
    error: str | None = None
    status: int | None = None
    retry_after: int | None = None
    delay: float = 0.0
    times: int = 1
    lost: bool = False


class Faults:
    """The faults in waiting, oldest first."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(  # noqa: PLR0913 - each is one way to fail
        self,
        method: str,
        *,
        error: str | None = None,
        status: int | None = None,
        retry_after: int | None = None,
        delay: float = 0.0,
        times: int = 1,
        lost: bool = False,
    ) -> Fault:
        """Let the next `times` calls of `method` ("*": any) fail or take `delay` seconds longer."""
        if retry_after is not None and status is None:
            status = 429
        fault = Fault(method, error, status, retry_after, delay, times, lost)
        self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, method: str) -> Fault | None:
        """The fault of this call, used up once."""
        for fault in self._waiting:
            if fault.method in (method, "*"):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
