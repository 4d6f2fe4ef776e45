"""What a worker has read or written of the thread that it holds, so that it need not ask Redis again.

Nobody else writes these keys while it holds the thread, and what goes on from them is written under its fence: where
the thread was lost, or Redis went back in time, that write fails as it would behind a second reading.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Protocol

from bot.domain.thread import ThreadRef

#: Longer values are read each time, but for those that are read right before their use.
LONGEST: Final = 1 << 16

#: In the place of a field: all fields that a key has; and whether there is the key at all.
WHOLE: Final = ""
IS_THERE: Final = "?"
#: A key, or a key and a field of it.
Name = str | tuple[str, str]
Sealed = bytes | str | None


class Written(Protocol):
    """A command that a script has carried out."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def key(self) -> str:
        """What it changes."""
        ...

    @property
    def arguments(self) -> tuple[str | bytes | int, ...]:
        """The rest."""
        ...


class Held:
    """Of one thread, while one event of it is handled: values as Redis has them, sealed."""

    def __init__(self, thread: ThreadRef) -> None:
        self.thread = thread
        self._values: dict[Name, Any] = {}
        self._is_over = False
        #: How often something was written: what was asked for before may be older.
        self.moment = 0

    def known(self, names: Sequence[Name]) -> Mapping[Name, Any]:
        """Those of these values that are known."""
        return {name: self._values[name] for name in names if name in self._values}

    def read(
        self, name: Name, sealed: Sealed | Mapping[bytes, bytes], *, at: int, is_due: bool = False
    ) -> None:
        """Keep what was asked for at a moment, unless something was written since; however long, where its use `is_due`."""
        if at == self.moment and not self._is_over and (is_due or sealed is None or len(sealed) <= LONGEST):
            self._values[name] = sealed

    def used(self, name: Name) -> None:
        """Forget what is long, now that what was due has come."""
        if len(self._values.get(name) or b"") > LONGEST:
            del self._values[name]

    def wrote(self, commands: Sequence[Written]) -> None:
        """Keep what a fenced script has written."""
        self.moment += 1
        for command in commands:
            whole = self._values.get((command.key, WHOLE))
            for name in [name for name in self._values if _key(name) == command.key]:
                if command.name not in {"HSET", "HDEL"} or name[1] in (WHOLE, *command.arguments):
                    del self._values[name]
            match command.name, command.arguments:
                case "SET", (value,):
                    self._put(command.key, value)
                case "HSET", (str(field), value):
                    self._put((command.key, field), value)
                    if isinstance(whole, Mapping):
                        self._values[command.key, WHOLE] = {**whole, field.encode(): value}
                case _:
                    pass

    def forget(self) -> None:
        """Know nothing any more: nobody knows what a script that did not answer has written."""
        self.moment += 1
        self._values.clear()

    def end(self) -> None:
        """Let the thread go: from here on others write to it."""
        self.forget()
        self._is_over = True

    def _put(self, name: Name, value: str | bytes | int) -> None:
        if isinstance(value, str | bytes):
            self.read(name, value, at=self.moment)


def _key(name: Name) -> str:
    return name if isinstance(name, str) else name[0]


#: What the present task holds; None outside of a worker.
HELD: ContextVar[Held | None] = ContextVar("HELD", default=None)


def held(thread: ThreadRef) -> Held:
    """What the present task knows of a thread: nothing of one that it does not hold."""
    found = HELD.get()
    return found if found is not None and found.thread == thread else Held(thread)


async def once(
    thread: ThreadRef, name: Name, ask: Callable[[], Awaitable[Any]], *, is_due: bool = False
) -> Any:
    """What there is, asked for once while the thread is held; what is long and `is_due` is known until it is used."""
    mine = held(thread)
    known, at = mine.known([name]), mine.moment
    if name in known:
        return known[name]
    found = await ask()
    mine.read(name, found, at=at, is_due=is_due)
    return found


@contextmanager
def writing(thread: ThreadRef, commands: Sequence[Written]) -> Generator[None]:
    """Remember what the block writes; where it fails, nobody knows how much of it is written."""
    mine, is_written = held(thread), False
    try:
        yield
        is_written = True
    finally:
        if is_written:
            mine.wrote(commands)
        else:
            mine.forget()


@contextmanager
def holding_thread(thread: ThreadRef) -> Generator[None]:
    """Remember what the present task, and those that it begins, know of a thread, until it lets the thread go."""
    mine = Held(thread)
    HELD.set(mine)
    try:
        yield
    finally:
        mine.end()
