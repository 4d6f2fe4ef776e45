"""What is done to the conversation before each model call. Nothing of it is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, runtime_checkable

from agents import OpenAIChatCompletionsModel, Session
from agents.run_config import CallModelData, ModelInputData

from bot.agents.chat_history import for_chat
from bot.domain.exchanges import told_of_gap
from bot.domain.item_kinds import Item, field
from bot.domain.memory import Opening, items_room
from bot.domain.model_view import view
from bot.domain.notes import notes_item
from bot.domain.weight import beside, is_little

#: By which a message of a person is told from another.
_SAME = ("role", "content")


@runtime_checkable
class Remembering(Session, Protocol):
    """A session that is not read from its very beginning."""

    async def opening(self) -> Opening:
        """What stands before its items."""
        ...


def as_models_read_it(
    session: Session, most: int
) -> Callable[[CallModelData[Any]], Awaitable[ModelInputData]]:
    """Make what is shown to a model: notes of the beginning, then as much of the rest as fits into `most` tokens."""

    async def filtered(data: CallModelData[Any]) -> ModelInputData:
        items = list[Any](data.model_data.input)
        if isinstance(data.agent.model, OpenAIChatCompletionsModel):
            items = for_chat(items)
        opening = await session.opening() if isinstance(session, Remembering) else Opening()
        # Beside the event loop where there are many, or a giant among them.
        shown = await beside(is_little(items), view, items, items_room(most))
        is_all = opening.is_all and not shown.is_cut and not _begins_later(items, opening.first)
        if opening.notes:
            data.model_data.input = [notes_item(opening.notes, is_all=is_all), *shown.items]
        else:
            data.model_data.input = shown.items if is_all else told_of_gap(shown.items)
        return data.model_data

    return filtered


def _begins_later(items: list[Any], first: Item) -> bool:
    """Whether a conversation begins with another message than what its session has: a run of another release may."""
    if not items or first is None:
        return False
    return [field(items[0], part) for part in _SAME] != [field(first, part) for part in _SAME]
