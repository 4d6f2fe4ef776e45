"""The services, in a file that every process of the server shares; and what tests switch on in it."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self


@dataclass(slots=True)
class Service:
    """One service: how many copies of it run, and how often it was restarted."""

    replicas: int = 2
    restarts: int = 0


@dataclass(slots=True)
class Switches:
    """What goes wrong, until it is switched off again.

    `down`: the process ends at its next request, and again at every start. `dies`: it ends in its next call, "before"
    or "after" it has done it. `hangs`: it does the call and answers after so many seconds. `lists_after`: it lists its
    tools after so many. `refuses`: it answers a call with this error. `answer`: it answers with this instead; `size` repeats that up to so many characters. `description`
    and `schema` stand in for those of `restart_service`.
    """

    down: bool = False
    dies: str = ""
    hangs: float = 0.0
    lists_after: float = 0.0
    refuses: str = ""
    answer: str = ""
    size: int = 0
    description: str = ""
    schema: dict[str, Any] = field(default_factory=dict[str, Any])


def _usual() -> dict[str, Service]:
    return {"checkout": Service(3), "search": Service(), "reports": Service(1)}


@dataclass(slots=True)
class State:
    """Everything: `done` is what each idempotency key has done, `calls` every call that came in."""

    services: dict[str, Service] = field(default_factory=_usual)
    done: dict[str, str] = field(default_factory=dict[str, str])
    calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    switches: Switches = field(default_factory=Switches)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what is stored; the usual services where nothing is."""
        if not text:
            return cls()
        stored = json.loads(text)
        services = {name: Service(**one) for name, one in stored["services"].items()}
        return cls(services, stored["done"], stored["calls"], Switches(**stored["switches"]))


@contextmanager
def changing(path: Path) -> Generator[State]:
    """The state, kept from others meanwhile, and written back in the end."""
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        state = State.read(file.read())
        try:
            yield state
        finally:
            file.seek(0)
            file.truncate()
            json.dump(asdict(state), file)


def read(path: Path) -> State:
    """The state as it is now."""
    with changing(path) as state:
        return state


@contextmanager
def switched(path: Path) -> Generator[Switches]:
    """What goes wrong, to be changed."""
    with changing(path) as state:
        yield state.switches
