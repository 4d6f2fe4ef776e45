"""`countersign doctor`: what it finds, against the stand-ins and a real Redis."""

from __future__ import annotations

import copy
import json
import time

import pytest
from cryptography.fernet import Fernet

from bot.domain.finding import Level
from bot.operations import doctor, doctor_sandbox
from countersign import Policy, ToolContext, approved_tool, ask
from countersign.teams.support.refunds import Support
from devkit.slack.server import SlackStandIn
from tests.world import GUS, MANIFEST, MEI, OMAR, THEO, World

NOT_THERE = "Slack answers channel_not_found. It does not exist, or is private and the bot was not invited."


async def examine(world: World, **changes: str) -> list[str]:
    """Everything the doctor finds, as it is printed."""
    return [
        f"{finding.level} {finding.text}"
        async for finding in doctor.examine(world.settings(**changes), world.team(**changes))
    ]


async def complaints(world: World, **changes: str) -> list[str]:
    """The lines that are no ticks."""
    return [line for line in await examine(world, **changes) if not line.startswith(Level.OK)]


async def test_everything_in_order_is_a_tick_for_each_thing(world: World) -> None:
    lines = await examine(world)

    assert [line for line in lines if not line.startswith("✓")] == []
    for part in (
        "countersign in Acme",
        "every scope",
        "opens a socket",
        "Redis",
        "gpt-6.1-sol",
        "billing",
        "group of 2",
        "Approvals channel C0FINANCE1 of finance, ops is #finance, and the bot is in it.",
    ):
        assert any(part in line for line in lines), part


async def test_settings_that_do_not_agree_with_what_is_stored_are_said(world: World) -> None:
    async with world.bot():
        assert "✓ The settings agree with 1 replicas that serve now." in await examine(world)
        (line,) = await complaints(world, REDIS_SHARDS="3")
        assert line.startswith("✗ REDIS_SHARDS is 3")
        (line,) = await complaints(world, REFUND_APPROVAL_OVER="40.00")
        assert line.startswith("! 1 of 1 replicas that serve have other policies")
        (line,) = await complaints(world, STATE_KEYS=Fernet.generate_key().decode())
        assert line.startswith("✗ STATE_KEYS would seal with a key that 1 of the replicas")


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-wrong", "✗ SLACK_BOT_TOKEN: Slack answers invalid_auth."),
        ("SLACK_APP_TOKEN", "xapp-wrong", "✗ SLACK_APP_TOKEN: Slack answers invalid_auth."),
        (
            "REDIS_URL",
            "redis://127.0.0.1:1/0",
            "✗ Redis could not be reached at REDIS_URL, or refuses scripts.",
        ),
        ("OPENAI_BASE_URL", "http://127.0.0.1:1/v1", "✗ openai could not be reached at OPENAI_BASE_URL."),
        ("TRIAGE_MODEL", "openai:gpt-0", "! openai answers, but does not list gpt-0."),
        (
            "BILLING_BASE_URL",
            "http://127.0.0.1:1",
            "✗ The billing service could not be reached at BILLING_BASE_URL.",
        ),
        ("BILLING_API_KEY", "wrong", "✗ BILLING_API_KEY was refused."),
        (
            "APPROVERS",
            '{"finance":[],"ops":["S0FINANCE1"]}',
            "✗ APPROVERS lists nobody for finance: nobody can approve what needs finance.",
        ),
        (
            "APPROVERS",
            '{"finance":["U0GUEST001"],"ops":["S0FINANCE1"]}',
            "✗ Approver U0GUEST001 of finance is a guest, so their click would not count.",
        ),
        (
            "APPROVERS",
            '{"finance":["U0COUNTER1"],"ops":["S0FINANCE1"]}',
            "✗ Approver U0COUNTER1 of finance is a bot, so their click would not count.",
        ),
        (
            "APPROVERS",
            '{"finance":["U0NOBODY01"],"ops":["S0FINANCE1"]}',
            "✗ Approver U0NOBODY01 of finance: Slack answers user_not_found.",
        ),
        (
            "APPROVALS_CHANNEL",
            "C0NOWHERE1",
            f"✗ Approvals channel C0NOWHERE1 of finance, ops: {NOT_THERE}",
        ),
        (
            "APPROVALS_CHANNEL",
            '{"ops":"C0NOWHERE1","*":"C0FINANCE1"}',
            f"✗ Approvals channel C0NOWHERE1 of ops: {NOT_THERE}",
        ),
    ],
)
async def test_one_thing_out_of_order_is_one_line(world: World, variable: str, value: str, line: str) -> None:
    found = await complaints(world, **{variable: value})

    assert line in found
    assert all(other == line or "Approv" in other or "could decide" in other for other in found)


@pytest.mark.parametrize(
    ("approvers", "lines"),
    [
        (
            {"finance": [OMAR], "ops": [OMAR]},
            [
                "✗ 1 could decide for finance, where policies may need 2: such a call is decided by nobody.",
            ],
        ),
        (
            {"finance": [OMAR, GUS, MEI], "legal": [OMAR], "ops": [OMAR]},
            [
                f"✗ Approver {GUS} of finance is a guest, so their click would not count.",
                "! pay may need 2 of finance and 1 of legal at once, but some people are of several roles and count for one alone: 1 more would be needed.",
            ],
        ),
        (
            {"finance": ["S0GONE0001"], "legal": [THEO], "ops": [THEO]},
            [
                "✗ Approver S0GONE0001 of finance: Slack answers no_such_subteam.",
            ],
        ),
        (
            {"finnance": ["S0FINANCE1"], "legal": [THEO], "ops": [THEO]},
            [
                "✗ APPROVERS lists nobody for finance: nobody can approve what needs finance.",
                "! APPROVERS lists people for finnance, which no policy asks for: is it misspelt?",
            ],
        ),
    ],
    ids=["too few", "one in two roles", "no such group", "misspelt"],
)
async def test_every_role_and_every_tool_is_held_against_its_people(
    world: World, approvers: dict[str, list[str]], lines: list[str]
) -> None:
    @approved_tool(Policy(ask("finance", quorum=2), *([ask("legal")] if "legal" in approvers else [])))
    async def pay(ctx: ToolContext[Support]) -> str:
        """Pay."""
        return "Paid."

    world.slack.workspace.people[GUS].is_restricted = True
    found = [
        f"{one.level} {one.text}"
        async for one in doctor.examine(world.settings(APPROVERS=json.dumps(approvers)), world.team(pay))
        if one.level is not Level.OK
    ]

    assert found == lines


async def test_a_busy_slack_is_waited_for_before_anybody_is_said_to_be_missing(world: World) -> None:
    world.slack.fault("usergroups.users.list", status=429, retry_after=1, times=2)
    world.slack.fault("users.info", status=429, retry_after=1, times=2)

    assert await complaints(world) == []


async def test_each_channel_in_which_people_are_asked_has_to_have_the_bot_in_it(world: World) -> None:
    table = {"APPROVALS_CHANNEL": '{"ops":"C0PEOPLE01","*":"C0FINANCE1"}'}
    assert await complaints(world, **table) == []
    world.slack.removes_bot("C0PEOPLE01")
    assert await complaints(world, **table) == [
        "✗ Approvals channel C0PEOPLE01 of ops: the bot is not in it. Invite it there."
    ]
    world.slack.archives("C0PEOPLE01")
    assert await complaints(world, **table) == [
        "✗ Approvals channel C0PEOPLE01 of ops is archived, so cards cannot be posted there."
    ]


async def test_missing_scopes_are_named(world: World) -> None:
    fewer = copy.deepcopy(MANIFEST)
    fewer["oauth_config"]["scopes"]["bot"].remove("users:read")
    slack = SlackStandIn(fewer)
    await slack.start()

    found = await complaints(
        world,
        SLACK_API_BASE_URL=slack.api_url,
        SLACK_BOT_TOKEN=slack.bot_token,
        SLACK_APP_TOKEN=slack.app_token,
    )
    await slack.stop()

    assert "✗ The Slack app lacks scopes: users:read. Add them and reinstall the app." in found


async def test_scopes_that_slack_does_not_name_are_not_said_to_be_missing(world: World) -> None:
    world.slack.fault("auth.test", hides_scopes=True, times=99)

    (line,) = await complaints(world)
    assert line.startswith("! The scopes of the Slack app could not be read")


async def test_a_slack_that_does_not_answer_is_said_once_for_each_question(world: World) -> None:
    found = await complaints(world, SLACK_API_BASE_URL="http://127.0.0.1:1/api/")

    assert found == [
        "✗ SLACK_BOT_TOKEN: Slack did not answer at SLACK_API_BASE_URL.",
        "✗ SLACK_APP_TOKEN: Slack did not answer at SLACK_API_BASE_URL.",
        "✗ Approver S0FINANCE1 of finance: Slack did not answer at SLACK_API_BASE_URL.",
        "✗ Approver S0FINANCE1 of ops: Slack did not answer at SLACK_API_BASE_URL.",
        "✗ Approvals channel C0FINANCE1 of finance, ops: Slack did not answer at SLACK_API_BASE_URL.",
    ]


async def test_no_line_holds_a_secret(world: World) -> None:
    secrets = (world.slack.bot_token, world.slack.app_token, world.billing.api_key, world.key)

    text = "\n".join(await examine(world, BILLING_API_KEY="sesame", SLACK_APP_TOKEN="xapp-sesame"))

    assert not any(secret in text for secret in (*secrets, "sesame"))


async def in_sandbox(world: World, **changes: str) -> list[str]:
    """What `doctor --sandbox` finds."""
    found = doctor_sandbox.examine(world.settings(**changes), time.monotonic)
    return [f"{finding.level} {finding.text}" async for finding in found]


async def test_the_sandbox_is_tried_out_and_nothing_is_left_of_it(world: World) -> None:
    async with world.sandboxes() as bridge:
        assert "✓ Sandboxes can be made; `countersign doctor --sandbox` tries it out." in await examine(world)
        lines = await in_sandbox(world)

        assert [line[0] for line in lines] == ["✓"] * 5
        await world.swept(bridge)


async def test_a_bridge_that_is_not_there_or_refuses_the_key_fails(world: World) -> None:
    async with world.sandboxes():
        refused = await in_sandbox(world, SANDBOX_API_KEY="wrong")
        away = await in_sandbox(world, SANDBOX_URL="http://127.0.0.1:1")
        assert "✗ The sandbox bridge could not be reached at SANDBOX_URL." in await examine(
            world, SANDBOX_URL="http://127.0.0.1:1"
        )

    assert refused == ["✗ Sandboxes of SANDBOX_BACKEND failed in this step (sandbox_config_invalid)."]
    assert away == ["✗ The sandbox bridge could not be reached at SANDBOX_URL."]


async def test_without_a_sandbox_there_is_nothing_to_try(world: World) -> None:
    found = await in_sandbox(world, SANDBOX_BACKEND="none")

    assert found == ["! SANDBOX_BACKEND is none: there are no code tasks."]
