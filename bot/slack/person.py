"""A person as Slack tells of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.slack.visible import visible

#: Characters of a person's name that are shown to a model.
NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Person:
    """What `users.info` says of a person, as far as the bot asks."""

    id: str
    name: str
    teams: frozenset[str]
    is_regular: bool


def person_of(user: Mapping[str, Any]) -> Person:
    """Read a person; whoever is not a full member of good standing is not regular."""
    profile: Mapping[str, Any] = user.get("profile") or {}
    enterprise: Mapping[str, Any] = user.get("enterprise_user") or {}
    shown = str(profile.get("display_name") or user.get("real_name") or user.get("name") or "")
    irregular = (
        "deleted",
        "is_bot",
        "is_restricted",
        "is_ultra_restricted",
        "is_stranger",
        "is_workflow_bot",
    )
    teams: Sequence[str] = enterprise.get("teams") or ()
    return Person(
        id=str(user.get("id") or ""),
        name=visible(" ".join(shown.split()), keep="")[:NAME],
        teams=frozenset((str(user.get("team_id") or ""), *teams)),
        is_regular=not any(user.get(flag) for flag in irregular) and user.get("id") != "USLACKBOT",
    )
