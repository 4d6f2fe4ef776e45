"""One rule for all that Slack delivers: is it from where the bot belongs?"""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack.origin import Installation, Standing, of_author, of_delivery
from tests.factories import ANA, TEAM

ORG, OTHER, OTHER_ORG = "E0ACME0001", "T0GLOBEX01", "E0GLOBEX01"
ALONE, IN_ORG = Installation(TEAM), Installation(TEAM, ORG)
US, OTHERS, STRANGER = Standing.OURS, Standing.OTHER_INSTALLATION, Standing.STRANGER


def authorized(team: str | None = TEAM, enterprise: str | None = None) -> dict[str, Any]:
    return {"authorizations": [{"team_id": team, "enterprise_id": enterprise, "user_id": "U1"}]}


def event(inner: dict[str, Any] | None = None, **outer: Any) -> dict[str, Any]:
    message = {"type": "message", "user": ANA, "channel": "C0SUPPORT1", "ts": "1.0", **(inner or {})}
    return {"type": "event_callback", "event_id": "Ev1", "event": message, **outer}


def click(
    team: str | None = TEAM, user_team: str | None = TEAM, enterprise: str | None = None, **more: Any
) -> dict[str, Any]:
    user = {"id": ANA} | ({"team_id": user_team} if user_team else {})
    place = {"id": team, "domain": "x"} if team else None
    org = {"id": enterprise, "name": "x"} if enterprise else None
    return {"type": "block_actions", "user": user, "team": place, "enterprise": org, **more}


@pytest.mark.parametrize(
    ("payload", "standing"),
    [
        (event({"team": TEAM}, team_id=TEAM, **authorized()), US),
        (event(team_id=TEAM, **authorized()), US),
        (event(team_id=TEAM), US),
        # The envelope decides where the event does not say.
        (event(team_id=OTHER, **authorized(OTHER)), OTHERS),
        (event(team_id=OTHER), OTHERS),
        (event(team_id=OTHER, authorizations=[]), OTHERS),
        (event(team_id=OTHER, **authorized()), STRANGER),
        (event({"team": TEAM}, team_id=TEAM, **authorized(OTHER)), OTHERS),
        (event({"team": TEAM}), OTHERS),
        (event(), OTHERS),
        (event(**authorized()), STRANGER),
        # Shared channels: who wrote decides.
        (event({"team": OTHER, "user_team": TEAM}, team_id=OTHER, **authorized()), US),
        (event({"team": TEAM, "user_team": OTHER}, team_id=TEAM, **authorized()), STRANGER),
        (event({"team": TEAM, "source_team": OTHER}, team_id=TEAM, **authorized()), STRANGER),
        (event({"team": OTHER}, team_id=OTHER, **authorized()), STRANGER),
        (event({"team": TEAM, "user_team": OTHER_ORG}, team_id=TEAM, **authorized()), STRANGER),
        (event({"user_team": ORG, "team": OTHER}, team_id=OTHER, **authorized()), STRANGER),
        # Of a change, who changed it.
        (
            event({"subtype": "message_changed", "message": {"team": OTHER}}, team_id=TEAM, **authorized()),
            STRANGER,
        ),
        (event({"subtype": "message_changed", "message": {"team": TEAM}}, team_id=TEAM, **authorized()), US),
        (event({"previous_message": {"user_team": OTHER}}, team_id=TEAM, **authorized()), STRANGER),
        # Organisations that are not known.
        (event({"team": TEAM}, team_id=TEAM, **authorized(TEAM, OTHER_ORG)), OTHERS),
        (click(), US),
        (click(OTHER, OTHER), OTHERS),
        (click(OTHER, TEAM), OTHERS),
        (click(TEAM, OTHER), STRANGER),
        (click(TEAM, OTHER_ORG), STRANGER),
        (click(TEAM, None), US),
        (click(None, None), OTHERS),
        (click(None, TEAM), OTHERS),
        (click(enterprise=OTHER_ORG), OTHERS),
        (click(OTHER, OTHER, view={"app_installed_team_id": TEAM}), STRANGER),
        (click(view={"app_installed_team_id": OTHER}), OTHERS),
        (click(OTHER, TEAM, view={"app_installed_team_id": TEAM}), STRANGER),
        ({"command": "/reset", "user_id": ANA, "team_id": TEAM}, US),
        ({"command": "/reset", "user_id": ANA, "team_id": OTHER}, OTHERS),
        ({"command": "/reset", "user_id": ANA, "team_id": TEAM, "enterprise_id": OTHER_ORG}, OTHERS),
        ({"command": "/reset", "user_id": ANA}, OTHERS),
        ({"type": "block_suggestion", "user": {"id": ANA, "team_id": OTHER}, "team": {"id": TEAM}}, STRANGER),
        ({"type": "shortcut", "user": {"id": ANA, "team_id": TEAM}, "team": {"id": OTHER}}, OTHERS),
    ],
    ids=str,
)
def test_a_workspace_that_stands_alone(payload: dict[str, Any], standing: Standing) -> None:
    assert of_delivery(payload).standing(ALONE) is standing


@pytest.mark.parametrize(
    ("payload", "standing"),
    [
        (event({"team": TEAM}, team_id=TEAM, enterprise_id=ORG, **authorized(TEAM, ORG)), US),
        (event({"user_team": ORG, "team": OTHER}, team_id=OTHER, **authorized(TEAM, ORG)), US),
        (event({"user_team": OTHER_ORG, "team": TEAM}, team_id=TEAM, **authorized(TEAM, ORG)), STRANGER),
        (event({"team": TEAM}, team_id=TEAM, **authorized(None, ORG)), US),
        (event(team_id=None, enterprise_id=ORG, **authorized(None, ORG)), US),
        (event({"team": TEAM}, team_id=TEAM, **authorized(None, OTHER_ORG)), OTHERS),
        (event({"team": TEAM}, team_id=TEAM, **authorized("T0SIBLING1", ORG)), OTHERS),
        (event({"team": "T0SIBLING1"}, team_id="T0SIBLING1", **authorized(TEAM, ORG)), STRANGER),
        (click(enterprise=ORG), US),
        (click(TEAM, ORG, ORG), US),
        (click(None, TEAM, ORG, is_enterprise_install=True), US),
        (click(None, None, ORG), STRANGER),
        (click("T0SIBLING1", "T0SIBLING1", ORG), OTHERS),
        (click(TEAM, "T0SIBLING1", ORG), STRANGER),
        (click() | {"team": {"id": TEAM, "enterprise_id": OTHER_ORG}}, OTHERS),
        ({"command": "/reset", "user_id": ANA, "team_id": TEAM, "enterprise_id": ORG}, US),
    ],
    ids=str,
)
def test_a_workspace_of_an_organisation(payload: dict[str, Any], standing: Standing) -> None:
    assert of_delivery(payload).standing(IN_ORG) is standing


def test_an_event_that_does_not_say_who_wrote_names_nobody() -> None:
    assert of_author({"user": ANA, "team": ""}) == ""
    assert of_author({"team": 7, "message": "odd"}) == ""
