"""Who asks for a call: a member of the workspace, a guest, somebody of another one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a person is in the bot's workspace, as Slack tells it."""

    MEMBER = "member"
    GUEST = "guest"
    STRANGER = "stranger"
    #: Deactivated, or no person at all.
    NOBODY = "nobody"
    #: Slack does not say.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Asker:
    """What is known of who asks; `groups` are those of the user groups named by a policy that they are in."""

    kind: Kind
    groups: frozenset[str] = frozenset()


UNKNOWN: Final = Asker(Kind.UNKNOWN)
MEMBER: Final = Asker(Kind.MEMBER)
