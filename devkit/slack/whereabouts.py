"""What payloads say of where they come from: workspaces, organisations, installations of the app.

In the shapes Slack sends, as of https://docs.slack.dev/apis/slack-connect and
https://docs.slack.dev/apis/events-api#authorizations.
"""

from __future__ import annotations

from typing import Any

from devkit.slack.workspace import BOT_USER, TEAM_NAME, Workspace


class Whereabouts:
    """Reads them off the workspace, each time anew."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def of_message(self, user: str, channel: str, *, mention: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the event and its envelope say of a message; of a change, who changed it is `user`.

        In a shared channel a mention is told as of the host, with the writer's own in `user_team`,
        and a message as of the writer.
        """
        host, (team, enterprise) = self._workspace.channels[channel].host, self._of(user)
        if host is None:
            return {"team": team}, self._envelope(team, enterprise, shared=False)
        if not mention:
            return {"team": team}, self._envelope(team, enterprise, shared=True)
        own = enterprise or team
        apart = {"user_team": own, "source_team": own, "user_profile": {"team": own}} if host != team else {}
        return {"team": host, **apart}, self._envelope(host, None, shared=True)

    def of_event(self, user: str) -> dict[str, Any]:
        """What the envelope of an event says that belongs to no channel."""
        return self._envelope(*self._of(user), shared=False)

    def of_interaction(self, user: str) -> dict[str, Any]:
        """What a click, a form or a shortcut says."""
        to, (team, enterprise) = self._workspace.delivered_for, self._of(user)
        named: dict[str, Any] = {"id": team, "domain": TEAM_NAME.lower()}
        if enterprise:
            named |= {"enterprise_id": enterprise, "enterprise_name": TEAM_NAME}
        name = self._workspace.people[user].name
        return {
            "team": None if to.org_wide else named,
            "user": {"id": user, "username": name, "name": name, "team_id": team},
            "enterprise": {"id": enterprise, "name": TEAM_NAME} if enterprise else None,
            "is_enterprise_install": to.org_wide,
        }

    def of_command(self, user: str) -> dict[str, Any]:
        """What a slash command says; its flags are words."""
        to, (team, enterprise) = self._workspace.delivered_for, self._of(user)
        place = {"team_id": team, "team_domain": TEAM_NAME.lower()}
        place |= {"enterprise_id": enterprise, "enterprise_name": TEAM_NAME} if enterprise else {}
        return place | {"is_enterprise_install": str(to.org_wide).lower()}

    def of_view(self) -> dict[str, Any]:
        """Where a view was opened, and where the app is installed that owns it."""
        return {
            "team_id": self._workspace.home.team,
            "app_installed_team_id": self._workspace.delivered_for.team,
        }

    def _of(self, user: str) -> tuple[str, str | None]:
        """A person's workspace and organisation: those of the installation, where that is another."""
        to, person = self._workspace.delivered_for, self._workspace.people[user]
        if to != self._workspace.home:
            return to.team, to.enterprise
        at_home = person.team == to.team
        return person.team, person.enterprise or (to.enterprise if at_home else None)

    def _envelope(self, team: str, enterprise: str | None, *, shared: bool) -> dict[str, Any]:
        to = self._workspace.delivered_for
        authorization = {
            "enterprise_id": to.enterprise,
            "team_id": None if to.org_wide else to.team,
            "user_id": BOT_USER,
            "is_bot": True,
            "is_enterprise_install": to.org_wide,
        }
        place: dict[str, Any] = {"team_id": team, "authorizations": [authorization]}
        if enterprise:
            place["enterprise_id"] = enterprise
        if shared:
            place |= {"context_team_id": to.team, "context_enterprise_id": to.enterprise}
        return place | {"is_ext_shared_channel": shared}
