"""Where payloads say they come from, as Bolt reads them: it knows the shapes that Slack sends."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.request.internals import (
    extract_actor_enterprise_id,
    extract_actor_team_id,
    extract_enterprise_id,
    extract_is_enterprise_install,
    extract_team_id,
)

from devkit.slack.events import envelope
from devkit.slack.whereabouts import Whereabouts
from devkit.slack.workspace import ANA, TEAM, Installation, Person, Workspace

OTHER, ORG = "T0GLOBEX01", "E0GLOBEX01"
VERA = Person("U0VERA0001", "vera", "Vera", "", "", team=OTHER)
WILL = Person("W0WILL0001", "will", "Will", "", "", team=OTHER, enterprise=ORG)
SHARED, OWN = "C0SUPPORT1", "C0GENERAL1"


def shared(host: str = TEAM) -> Workspace:
    workspace = Workspace(lambda: 0.0)
    workspace.share(SHARED, VERA, WILL, host=host)
    return workspace


def message(workspace: Workspace, user: str, channel: str, *, mention: bool) -> dict[str, Any]:
    inner, outer = Whereabouts(workspace).of_message(user, channel, mention=mention)
    kind = "app_mention" if mention else "message"
    return envelope({"type": kind, "user": user, "channel": channel, **inner}, "Ev1", 0.0, outer)


@pytest.mark.parametrize("mention", [True, False])
@pytest.mark.parametrize("host", [TEAM, OTHER])
@pytest.mark.parametrize(("user", "team"), [(ANA, TEAM), (VERA.id, OTHER)])
def test_a_message_of_a_shared_channel_is_for_us_and_by_whoever_wrote_it(
    mention: bool, host: str, user: str, team: str
) -> None:
    payload = message(shared(host), user, SHARED, mention=mention)

    assert extract_team_id(payload) == TEAM
    assert extract_actor_team_id(payload) == team
    assert payload["is_ext_shared_channel"] is True


def test_of_somebody_of_an_organisation_a_mention_names_no_more_than_that() -> None:
    assert extract_actor_enterprise_id(message(shared(), WILL.id, SHARED, mention=True)) == ORG
    assert extract_actor_team_id(message(shared(), WILL.id, SHARED, mention=True)) is None
    assert extract_actor_team_id(message(shared(), WILL.id, SHARED, mention=False)) == OTHER


@pytest.mark.parametrize("mention", [True, False])
def test_in_a_channel_of_our_own_everything_is_ours(mention: bool) -> None:
    payload = message(shared(), ANA, OWN, mention=mention)

    assert (extract_team_id(payload), payload["team_id"], payload["event"]["team"]) == (TEAM, TEAM, TEAM)
    assert payload["is_ext_shared_channel"] is False


def test_what_is_delivered_for_another_installation_names_it_everywhere() -> None:
    workspace = Workspace(lambda: 0.0)
    workspace.delivered_for = Installation(OTHER, ORG)
    click, command = (
        Whereabouts(workspace).of_interaction(ANA),
        Whereabouts(workspace).of_command(ANA),
    )

    for payload in (click, command, message(workspace, ANA, OWN, mention=True)):
        assert (extract_team_id(payload), extract_enterprise_id(payload)) == (OTHER, ORG)
    assert click["user"]["team_id"] == OTHER


def test_an_installation_of_a_whole_organisation_names_no_workspace_in_interactions() -> None:
    workspace = Workspace(lambda: 0.0)
    workspace.home = workspace.delivered_for = Installation(TEAM, ORG, org_wide=True)
    click = Whereabouts(workspace).of_interaction(ANA)

    assert (click["team"], extract_enterprise_id(click)) == (None, ORG)
    assert extract_is_enterprise_install(click)
    assert Whereabouts(workspace).of_command(ANA)["is_enterprise_install"] == "true"
