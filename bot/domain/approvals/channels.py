"""In which channel the people of each role are asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

#: The name that stands for every role without a channel of its own.
OTHERS: Final = "*"


@dataclass(frozen=True, slots=True)
class ApprovalChannels:
    """The ids of channels by role; `usual` is that of every other role. Where it is empty, people are asked directly."""

    usual: str = ""
    by_role: Mapping[str, str] = field(default_factory=dict[str, str])

    def of(self, role: str) -> str:
        """The channel of a role; empty where its people are asked directly."""
        return self.by_role.get(role, self.usual)

    def for_roles(self, roles: Iterable[str]) -> tuple[str, ...]:
        """The channels of several roles, each once."""
        return tuple(dict.fromkeys(channel for role in roles if (channel := self.of(role))))

    def asked_in(self, place: str, roles: Sequence[str]) -> tuple[str, ...]:
        """Which of these roles are asked in a channel."""
        return tuple(role for role in roles if self.of(role) == place)

    @property
    def every(self) -> tuple[str, ...]:
        """All channels, each once."""
        named = (*self.by_role.values(), self.usual)
        return tuple(dict.fromkeys(channel for channel in named if channel))
