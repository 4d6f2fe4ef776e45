"""What is large passes a few at a time, and whoever is done lets the next one through."""

from __future__ import annotations

import asyncio

import pytest

from bot.sandbox.gate import AT_ONCE, Gate


async def load() -> bytes:
    return b"large"


async def broken() -> bytes:
    raise ConnectionError


async def test_one_more_waits_until_one_is_closed() -> None:
    gate = Gate()
    held = [await gate.holding(load) for _ in range(AT_ONCE)]
    waiting = asyncio.create_task(gate.holding(load))
    await asyncio.wait({waiting}, timeout=0)
    assert not waiting.done()

    held[0].close()
    assert (await waiting).read() == b"large"


async def test_closing_again_lets_nobody_else_through() -> None:
    gate = Gate(1)
    held = await gate.holding(load)
    held.close()
    held.close()
    again = await gate.holding(load)
    waiting = asyncio.create_task(gate.holding(load))
    await asyncio.wait({waiting}, timeout=0)

    assert not waiting.done()
    again.close()
    assert (await waiting).read() == b"large"


async def test_what_cannot_be_loaded_holds_no_place() -> None:
    gate = Gate(1)
    with pytest.raises(ConnectionError):
        await gate.holding(broken)

    assert (await gate.holding(load)).read() == b"large"


async def test_one_who_is_cut_off_holds_no_place() -> None:
    gate = Gate(1)
    loading = asyncio.create_task(gate.holding(asyncio.Event().wait))  # pyright: ignore[reportArgumentType] - for ever
    await asyncio.wait({loading}, timeout=0)
    loading.cancel()
    await asyncio.wait({loading})

    assert (await gate.holding(load)).read() == b"large"
