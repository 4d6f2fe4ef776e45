"""A person as Slack tells of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.approvals.asker import Kind
from bot.domain.time_zone import TimeZone, time_zone
from bot.slack.deceptive_characters import visible

#: Characters of a person's name that are shown to a model.
NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Person:
    """What `users.info` says of a person, as far as the bot asks."""

    id: str
    name: str
    teams: frozenset[str]
    kind: Kind
    zone: TimeZone | None = None

    @property
    def is_regular(self) -> bool:
        """Whether they are a full member of good standing."""
        return self.kind is Kind.MEMBER


def person_of(user: Mapping[str, Any]) -> Person:
    """Read a person."""
    profile: Mapping[str, Any] = user.get("profile") or {}
    enterprise: Mapping[str, Any] = user.get("enterprise_user") or {}
    shown = str(profile.get("display_name") or user.get("real_name") or user.get("name") or "")
    teams: Sequence[str] = enterprise.get("teams") or ()
    return Person(
        id=str(user.get("id") or ""),
        name=visible(" ".join(shown.split()), keep="")[:NAME],
        teams=frozenset((str(user.get("team_id") or ""), *teams)),
        kind=_kind(user),
        zone=_zone(user),
    )


def _zone(user: Mapping[str, Any]) -> TimeZone | None:
    name, seconds = user.get("tz"), user.get("tz_offset")
    return time_zone(name, seconds) if isinstance(name, str) and isinstance(seconds, int) else None


def _kind(user: Mapping[str, Any]) -> Kind:
    """What Slack's flags make of somebody: https://docs.slack.dev/reference/objects/user-object."""
    if (
        any(user.get(flag) for flag in ("deleted", "is_bot", "is_workflow_bot"))
        or user.get("id") == "USLACKBOT"
    ):
        return Kind.NOBODY
    if user.get("is_stranger"):
        return Kind.STRANGER
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Kind.GUEST
    return Kind.MEMBER
