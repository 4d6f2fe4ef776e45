"""Where Slack says that something comes from, and whether the bot belongs there. Pure.

One rule for all that Slack delivers: messages, edits, clicks, forms, commands, shortcuts, Home. An
app can be installed in several workspaces, and a channel can be shared with other organisations
(Slack Connect), so that a known user id alone says nothing of where its person clicked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast


class Standing(StrEnum):
    """Whether something comes from where the bot belongs."""

    OURS = "ours"
    OTHER_INSTALLATION = "of another installation"
    STRANGER = "of another workspace"


@dataclass(frozen=True, slots=True)
class Installation:
    """A workspace that the app is installed in, and its organisation (`E…`) if it is part of one."""

    team: str
    enterprise: str = ""

    def includes(self, place: str) -> bool:
        """Tell whether a workspace or organisation that Slack names is this one."""
        return bool(place) and place in (self.team, self.enterprise)

    def covers(self, named: Installation) -> bool:
        """Tell whether Slack means this installation; organisation-wide ones name no workspace."""
        team, enterprise = named.team, named.enterprise
        if team and not self.includes(team):
            return False
        return self.includes(enterprise) if enterprise else bool(team)


@dataclass(frozen=True, slots=True)
class Origin:
    """All that Slack says of where something comes from.

    It was delivered for any one of `installations`; the person is of each of `workspaces`, ids of
    workspaces (`T…`) or organisations (`E…`).
    """

    installations: tuple[Installation, ...]
    workspaces: tuple[str, ...]

    def standing(self, us: Installation) -> Standing:
        """Judge it. What names no place, or one that is not known, is not ours."""
        if not any(us.covers(one) for one in self.installations):
            return Standing.OTHER_INSTALLATION
        is_ours = bool(self.workspaces) and all(us.includes(one) for one in self.workspaces)
        return Standing.OURS if is_ours else Standing.STRANGER


def of_delivery(body: Mapping[str, Any]) -> Origin:
    """Read the payload of any envelope that fits `payloads`: an event, an interaction, a command."""
    if body.get("type") == "event_callback":
        return _of_event(body)
    return _of_command(body) if "command" in body else _of_interaction(body)


def of_author(event: Mapping[str, Any]) -> str:
    """Name the workspace of who wrote a message, or changed it; empty where the event does not say.

    In a shared channel `team` may be the host's. Who wrote is in `user_team`, if anywhere:
    https://docs.slack.dev/apis/slack-connect
    """
    changed = event.get("message") or event.get("previous_message")
    told = cast("Mapping[str, Any]", changed) if isinstance(changed, dict) else event
    for key in ("user_team", "source_team", "team"):
        if isinstance(place := told.get(key), str) and place:
            return place
    return ""


def _of_event(body: Mapping[str, Any]) -> Origin:
    """An event's authorizations are installations that may see it; its `team_id` is where it happened.

    https://docs.slack.dev/apis/events-api#authorizations
    """
    entries: list[Mapping[str, Any]] = body.get("authorizations") or [body]
    author = of_author(body["event"]) or body.get("team_id") or body.get("enterprise_id")
    told_of = [_installation(one.get("team_id"), one.get("enterprise_id")) for one in entries]
    return Origin(tuple(told_of), _some(author))


def _of_interaction(body: Mapping[str, Any]) -> Origin:
    """A form that was opened across workspaces names the app's own in `app_installed_team_id`.

    https://docs.slack.dev/reference/interaction-payloads; `team` is null for an app that is
    installed organisation-wide.
    """
    team: Mapping[str, Any] = body.get("team") or {}
    user: Mapping[str, Any] = body.get("user") or {}
    view: Mapping[str, Any] = body.get("view") or {}
    organisation: Mapping[str, Any] = body.get("enterprise") or {}
    enterprise = organisation.get("id") or team.get("enterprise_id")
    installed = view.get("app_installed_team_id") or team.get("id")
    return Origin((_installation(installed, enterprise),), _some(user.get("team_id"), team.get("id")))


def _of_command(body: Mapping[str, Any]) -> Origin:
    """A slash command says no more than where it was given: https://docs.slack.dev/interactivity/implementing-slash-commands."""
    team = body.get("team_id")
    return Origin((_installation(team, body.get("enterprise_id")),), _some(team))


def _installation(team: str | None, enterprise: str | None) -> Installation:
    return Installation(team or "", enterprise or "")


def _some(*places: str | None) -> tuple[str, ...]:
    return tuple(place for place in places if place)


def another_workspace(body: Mapping[str, Any], us: Installation) -> str | None:
    """Name the workspace that a delivery comes from, if it is not our own; None if it is."""
    origin = of_delivery(body)
    if origin.standing(us) is Standing.OURS:
        return None
    named = [*origin.workspaces, *(one.team or one.enterprise for one in origin.installations)]
    others = [place for place in named if not us.includes(place)]
    return others[0] if others else "unknown"
