"""Commands for Redis are written as redis-py writes them."""

from __future__ import annotations

from typing import Any

import pytest
from redis.asyncio.connection import Connection, UnixDomainSocketConnection
from redis.exceptions import DataError

from bot.store.packing import packed


@pytest.mark.parametrize("kind", [Connection, UnixDomainSocketConnection])
@pytest.mark.parametrize(
    "command",
    [
        ("SET", "key", b"\x00\r\n", "ü"),
        ("SCRIPT LOAD", "return 1"),
        (b"EVALSHA", "sha", 0, -1, 2**60, 1.5, 1e-7, float("inf"), ""),
        ("SET", "key", memoryview(b"x"), bytearray(b"y")),
        ("SET", "key", b"x" * 20_000),
    ],
)
def test_a_command_is_written_as_it_was(kind: type[Connection], command: tuple[Any, ...]) -> None:
    written = b"".join(packed(kind)().pack_command(*command))

    assert written == b"".join(bytes(one) for one in kind().pack_command(*command))


@pytest.mark.parametrize("value", [True, None, ["x"]])
def test_what_redis_py_refuses_is_refused(value: Any) -> None:
    with pytest.raises(DataError):
        packed(Connection)().pack_command("SET", "key", value)
