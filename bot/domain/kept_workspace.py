"""A workspace that was stored, until the thread's next run needs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """A workspace that was stored in parts: `name` is its hash, `size` its bytes as an archive.

    `replaces` are the parts of others, which go when it counts. `authors` are all whose words went into it;
    none are named in one of an earlier release.
    """

    name: str
    parts: int
    size: int
    replaces: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()

    def part(self, number: int) -> str:
        """The name of one of its parts."""
        return f"{self.name}:{number}"
