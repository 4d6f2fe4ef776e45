"""A whole answer is asked of whichever of the two models speaks."""

from __future__ import annotations

from typing import Any

import pytest
from agents import Model, ModelSettings

from bot.agents.raised_model import RaisedModel


class Saying(Model):
    """Says its name."""

    def __init__(self, name: str) -> None:
        self.model = name

    async def get_response(self, *given: Any, **more: Any) -> Any:
        return self.model

    def stream_response(self, *given: Any, **more: Any) -> Any:
        raise AssertionError("nobody streams")


@pytest.mark.parametrize(("fallen", "speaks"), [([], "frontier"), (["Billing"], "own")])
async def test_a_whole_answer_is_of_the_model_that_speaks(fallen: list[str], speaks: str) -> None:
    made = RaisedModel("Billing", Saying("frontier"), Saying("own"), ModelSettings(), fallen)
    assert await made.get_response() == speaks
