"""Commands for Redis are written by hiredis, as their answers are read by it.

redis-py's asyncio connections write them in Python, one argument after the other: six times as much work, and the commit
of a turn has some hundred arguments. Its connections without asyncio write them with hiredis as well.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import hiredis
from redis.asyncio.connection import AbstractConnection


@cache
def packed(kind: type[AbstractConnection]) -> type[AbstractConnection]:
    """A kind of connection that writes with hiredis."""

    class Packed(kind):
        def pack_command(self, *args: Any) -> list[bytes]:
            name = args[0].encode() if isinstance(args[0], str) else args[0]
            words: Any = (*name.split(), *args[1:])
            try:
                line = cast("bytes", hiredis.pack_command(words))
            except TypeError:  # whatever else redis-py knows to write, or to refuse
                return super().pack_command(*args)
            return [line]

    return Packed
