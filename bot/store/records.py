"""The frozen dataclasses of the bot as sealed bytes and back."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.approval import Approval
from bot.errors import UnknownSchema
from bot.events import Event
from bot.run import ThreadState
from bot.store.sealer import Sealer

T = TypeVar("T")


class Record(Generic[T]):
    """The codec of one stored type."""

    def __init__(self, kind: str, type_: Any) -> None:
        self._kind = kind
        self._adapter: TypeAdapter[T] = TypeAdapter(type_)

    def dump(self, sealer: Sealer, value: T) -> bytes:
        """Seal a value."""
        return sealer.seal(self._kind, self._adapter.dump_python(value, mode="json"))

    def load(self, sealer: Sealer, sealed: bytes | str) -> T:
        """Open a value; raises `UnknownSchema` if it cannot be read."""
        body = sealer.open(self._kind, sealed)
        try:
            return self._adapter.validate_python(body)
        except ValidationError:
            raise UnknownSchema(f"a stored {self._kind} does not fit its type") from None


EVENT: Record[Event] = Record("event", Event)
STATE: Record[ThreadState] = Record("state", ThreadState)
APPROVAL: Record[Approval] = Record("approval", Approval)
