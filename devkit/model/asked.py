"""One request to the stand-in, as tests look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devkit.model import addressees, notes
from devkit.model.dialogue import Dialogue


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as tests look at it."""

    path: str
    model: str
    dialogue: Dialogue
    body: dict[str, Any]

    @property
    def is_guard(self) -> bool:
        """Whether the classifier asked."""
        return not self.dialogue.tools and "label" in self.dialogue.instructions

    @property
    def is_of_agent(self) -> bool:
        """Whether an agent asked, and not who keeps the notes of a long conversation, or asks whom a message is for."""
        return not (self.is_guard or self.is_for_notes or self.is_addressee)

    @property
    def is_for_notes(self) -> bool:
        """Whether notes of a long conversation were asked for."""
        return notes.is_asked(self.dialogue)

    @property
    def is_addressee(self) -> bool:
        """Whether it was asked whom a message is for."""
        return addressees.is_asked(self.dialogue)
