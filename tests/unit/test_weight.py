"""What is little is done at once, and anything larger beside the event loop."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import pytest

from bot.domain.weight import LITTLE, beside, is_little


@dataclass(frozen=True)
class Holder:
    held: Any


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda text: text,
        lambda text: text.encode(),
        lambda text: [{"content": [{"text": text}]}],
        lambda text: {text: 1},
        lambda text: (Holder({"outcome": Holder(text)}),),
    ],
    ids=["text", "bytes", "item", "key", "record"],
)
def test_a_large_text_is_found_wherever_it_is(wrapped: Any) -> None:
    assert is_little(wrapped("x" * 100))
    assert not is_little(wrapped("x" * (LITTLE + 1)))


def test_many_little_values_are_not_little() -> None:
    assert not is_little([1] * LITTLE)
    assert not is_little([{"type": "message", "content": "hello"}] * LITTLE)
    assert not is_little(*["x" * (LITTLE // 2)] * 3)
    assert is_little(None, [], {}, 1, "x")


async def test_only_what_is_quick_is_done_in_the_loop() -> None:
    here = threading.get_ident()
    assert await beside(True, threading.get_ident) == here
    assert await beside(False, threading.get_ident) != here
    with pytest.raises(ValueError, match="x"):
        await beside(True, int, "x")
