"""mcp.toml: a sentence for each way in which it can be wrong, and the policies that it makes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.agents.mcp import file as mcp_file
from bot.agents.mcp.file import McpFileError
from bot.agents.mcp.references import filled, names
from bot.agents.mcp.terms import Asks
from bot.domain.approvals.asker import Asker, Kind
from bot.domain.approvals.bound import Acts, RestOfRun
from bot.domain.approvals.condition import Call
from bot.domain.approvals.earlier import EarlierCall
from bot.domain.approvals.policy import Holds, Policy
from bot.domain.approvals.requirement import Severity
from tests.factories import NOON

GOOD = """
[servers.ops]
specialist = "Operations"
command = ["python", "-m", "somewhere"]
env = { OPS_TOKEN = "${OPS_TOKEN}", OPS_REGION = "eu-central-1" }

[servers.ops.tools]
status = "allow"
wipe = "deny"

[servers.ops.tools.pay]
editable = ["amount"]
rest_of_run = true
reason_required = true
unknown_to = "audit"
ask = [
  { role = "ops", unless = { one_of = { region = ["test", "dev"] } } },
  { role = "finance", when = { over = { amount = 100 }, asked_in = ["C0SUPPORT1"] }, quorum = 2, severity = "high", deadline = "4 h", remind_after = "30 min", escalate_to = "leads", escalate_after = "2 h", why = "It is a lot." },
  { role = "legal", when = { asked_by = ["U0ANA00001"] }, deadline = "2 d" },
]

[servers.notes]
specialist = "Operations"
url = "https://notes.example.com/mcp"
headers = { Authorization = "Bearer ${NOTES_TOKEN}" }
tools = { read = "allow" }
"""


def read(text: str, folder: Path) -> mcp_file.McpFile:
    path = folder / "mcp.toml"
    path.write_text(text)
    return mcp_file.read(path)


def problems(text: str, folder: Path) -> list[str]:
    with pytest.raises(McpFileError) as caught:
        read(text, folder)
    return caught.value.problems


def policy(folder: Path) -> Policy:
    rule = read(GOOD, folder).servers["ops"].tools["pay"]
    assert isinstance(rule, Asks)
    return rule.policy()


def asked(given: Policy, channel: str = "C0OTHER001", user: str = "U0OMAR0001", **arguments: Any) -> set[str]:
    return {one.role for one in given.requirements(Call("ops__pay", arguments, user, channel))}


def test_a_good_file_is_read(tmp_path: Path) -> None:
    file = read(GOOD, tmp_path)

    assert [*file.servers] == ["ops", "notes"]
    assert file.servers["ops"].tools["status"] == "allow"
    assert file.servers["ops"].variables == ("OPS_TOKEN",)
    assert file.servers["notes"].variables == ("NOTES_TOKEN",)
    assert file.servers["ops"].identity == "python -m somewhere"
    assert file.servers["notes"].identity == "https://notes.example.com/mcp"


def test_conditions_look_at_the_arguments_the_channel_and_the_person(tmp_path: Path) -> None:
    given = policy(tmp_path)

    assert asked(given, region="test", amount=5) == set()
    assert asked(given, region="prod", amount=5) == {"ops"}
    assert asked(given, "C0SUPPORT1", region="dev", amount=101) == {"finance"}
    assert asked(given, region="dev", amount=101) == set()
    assert asked(given, user="U0ANA00001", region="dev", amount=1) == {"legal"}


def test_sums_counts_and_who_may_ask_are_those_of_the_file(tmp_path: Path) -> None:
    when = 'when = { total = { amount = { over = 100, within = "30 d", per = "account" } }, count = { over = 0, within = "1 h", per = "requester" } }'
    text = GOOD.replace('when = { asked_by = ["U0ANA00001"] }', when)
    rule = (
        read(text.replace("reason_required = true", 'may_ask = ["members", "guests"]'), tmp_path)
        .servers["ops"]
        .tools["pay"]
    )
    assert isinstance(rule, Asks)
    given = rule.policy()

    assert "account" in rule.arguments
    assert {(one.per, one.window) for one in given.looks} == {
        ("account", timedelta(days=30)),
        ("requester", timedelta(hours=1)),
    }
    before = EarlierCall("e", NOON, "U0OMAR0001", {"amount": 80, "account": "a"})
    call = Call(
        "ops__pay", {"amount": 21, "account": "a", "region": "dev"}, "U0OMAR0001", "C0OTHER001", now=NOON
    )
    assert [one.role for one in given.requirements(replace(call, earlier=[before]))] == ["legal"]
    assert given.requirements(replace(call, earlier=[])) == ()
    assert given.admits(replace(call, asker=Asker(Kind.GUEST))) is Holds.YES
    assert given.admits(replace(call, asker=Asker(Kind.STRANGER))) is Holds.NO


def test_what_cannot_be_told_is_asked(tmp_path: Path) -> None:
    given = policy(tmp_path)

    assert asked(given, "C0SUPPORT1") == {"ops", "finance"}
    assert asked(given, "C0SUPPORT1", region=["test"], amount="many") == {"ops", "finance"}
    assert asked(given, "C0SUPPORT1", region={"test": 1}, amount=-5) == {"ops", "finance"}


def test_the_terms_of_a_requirement_are_those_of_the_file(tmp_path: Path) -> None:
    given = policy(tmp_path)
    needs = given.requirements(Call("ops__pay", {"region": "dev", "amount": 500}, "U0OMAR0001", "C0SUPPORT1"))

    (one,) = needs
    assert (one.role, one.quorum, one.severity, one.why) == ("finance", 2, Severity.HIGH, "It is a lot.")
    assert (one.expires_after, one.remind_after) == (timedelta(hours=4), timedelta(minutes=30))
    assert (one.escalate_to, one.escalate_after) == ("leads", timedelta(hours=2))
    assert (given.editable, given.rest_of_run, given.reason_required) == (("amount",), RestOfRun(), True)
    assert given.unknown_to == "audit"


def test_what_a_call_acts_on_and_moves_are_arguments_of_the_tool(tmp_path: Path) -> None:
    named = 'target = "account"\namount = "sum"\ncurrency = "unit"\nreason_required = true'
    rule = read(GOOD.replace("reason_required = true", named), tmp_path).servers["ops"].tools["pay"]
    assert isinstance(rule, Asks)

    assert rule.acts == Acts("account", "sum", "unit")
    assert {"account", "sum", "unit"} <= rule.arguments


SERVER = '[servers.ops]\nspecialist = "Operations"\n'
COMMAND = SERVER + 'command = ["x"]\n'
ASK = COMMAND + "[servers.ops.tools.pay]\n"
TOOLS = 'tools = { a = "allow" }\n'
LOOKS_SECRET = "looks as if it held a secret"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("servers = @", "is not TOML (at line 1, column 11)."),
        ("", "servers is missing."),
        ("[servers]\n", "servers: dictionary should have at least 1 item"),
        ("[server.ops]\n", "server is not known here."),
        (SERVER + TOOLS, "servers.ops needs either a command or a url."),
        (COMMAND + 'url = "https://x.example.com"\n' + TOOLS, "needs either a command or a url."),
        ('[servers.ops]\ncommand = ["x"]\n' + TOOLS, "servers.ops.specialist is missing."),
        (COMMAND, "servers.ops.tools is missing."),
        (COMMAND + "tools = {}\n", "servers.ops.tools: dictionary should have at least 1 item"),
        (COMMAND + 'tools = { a = "alow" }\n', "servers.ops.tools.a must be 'allow' or 'deny', or a table"),
        (COMMAND + "tools = { a = true }\n", "servers.ops.tools.a must be 'allow' or 'deny', or a table"),
        (COMMAND + 'tols = { a = "allow" }\n' + TOOLS, "servers.ops.tols is not known here."),
        (COMMAND.replace("ops", "Ops") + TOOLS, "servers.Ops: string should match pattern"),
        (COMMAND.replace("ops", "a__b") + TOOLS, "servers.a__b: string should match pattern"),
        (COMMAND + "call_seconds = 0\n" + TOOLS, "servers.ops.call_seconds: input should be greater"),
        (COMMAND + "call_seconds = inf\n" + TOOLS, "servers.ops.call_seconds: input should be a finite"),
        (SERVER + 'url = "ftp://x.example.com"\n' + TOOLS, "servers.ops.url must begin with https://"),
        (SERVER + 'url = "http://x.example.com"\n' + TOOLS, "servers.ops.url must begin with https://"),
        (SERVER + 'url = "https://[oops"\n' + TOOLS, "servers.ops.url must begin with https://"),
        (SERVER + 'url = "https:///mcp"\n' + TOOLS, "servers.ops.url must begin with https://"),
        (SERVER + 'url = "https://me:sesame@x.example.com"\n' + TOOLS, f"servers.ops.url {LOOKS_SECRET}"),
        (
            SERVER + 'url = "https://x.example.com?api_key=sesame"\n' + TOOLS,
            f"servers.ops.url {LOOKS_SECRET}",
        ),
        (
            SERVER + 'url = "https://x.example.com"\nenv = { A = "b" }\n' + TOOLS,
            "env is for servers that are",
        ),
        (COMMAND + 'headers = { A = "b" }\n' + TOOLS, "headers are for servers with a url"),
        (COMMAND + 'env = { OPS_TOKEN = "sesame" }\n' + TOOLS, f"servers.ops.env.OPS_TOKEN {LOOKS_SECRET}"),
        (COMMAND + 'env = { A = "ghp_sesame123" }\n' + TOOLS, f"servers.ops.env.A {LOOKS_SECRET}"),
        (COMMAND + 'env = { A = "q8Zr2LmX7vTb4NcY9wKd" }\n' + TOOLS, f"servers.ops.env.A {LOOKS_SECRET}"),
        (COMMAND + 'env = { A = "7f3d2c1a-9b8e-4d6f-a1b2-c3d4e5f60718" }\n' + TOOLS, f"env.A {LOOKS_SECRET}"),
        (COMMAND + 'env = { DB_PASSWORD = "sesame${X}" }\n' + TOOLS, f"env.DB_PASSWORD {LOOKS_SECRET}"),
        (
            SERVER + 'url = "https://x.example.com"\nheaders = { Authorization = "Bearer sesame" }\n' + TOOLS,
            f"servers.ops.headers.Authorization {LOOKS_SECRET}",
        ),
        (
            SERVER + 'url = "https://x.example.com"\nheaders = { X-Api-Key = "sesame" }\n' + TOOLS,
            f"servers.ops.headers.X-Api-Key {LOOKS_SECRET}",
        ),
        (SERVER + 'command = ["x", "--token", "sesame"]\n' + TOOLS, f"servers.ops.command {LOOKS_SECRET}"),
        (SERVER + 'command = ["x", "--api-key=sesame"]\n' + TOOLS, f"servers.ops.command {LOOKS_SECRET}"),
        (SERVER + 'command = ["x", "sk-sesame1234"]\n' + TOOLS, f"servers.ops.command {LOOKS_SECRET}"),
        (ASK + "ask = []\n", "servers.ops.tools.pay.ask: list should have at least 1 item"),
        (ASK + "editable = []\n", "servers.ops.tools.pay.ask is missing."),
        (ASK + "ask = [{ quorum = 2 }]\n", "servers.ops.tools.pay.ask.0.role is missing."),
        (
            ASK + 'ask = [{ role = "ops", quorom = 2 }]\n',
            "servers.ops.tools.pay.ask.0.quorom is not known here.",
        ),
        (
            ASK + 'ask = [{ role = "ops", quorum = 0 }]\n',
            "servers.ops.tools.pay.ask.0.quorum: input should be",
        ),
        (ASK + 'ask = [{ role = "ops", severity = "huge" }]\n', "severity must be 'low', 'normal' or 'high'"),
        (ASK + 'ask = [{ role = "ops" }]\ntarget = ["a"]\n', "servers.ops.tools.pay.target: input should be"),
        (
            ASK + 'ask = [{ role = "ops" }]\ncurrency = "unit"\n',
            "servers.ops.tools.pay: names a currency, and no amount that is in it.",
        ),
        (ASK + 'ask = [{ role = "ops", deadline = 4 }]\n', 'deadline: is a length of time such as "30 min"'),
        (ASK + 'ask = [{ role = "ops", deadline = "0 h" }]\n', "deadline: is a length of time"),
        (ASK + 'ask = [{ role = "ops", escalate_after = "1 h" }]\n', "ask.0: an escalation needs somebody"),
        (ASK + 'ask = [{ role = "ops", when = {} }]\n', "servers.ops.tools.pay.ask.0.when: says nothing."),
        (ASK + 'ask = [{ role = "ops", when = { under = { a = 1 } } }]\n', "when.under is not known here."),
        (ASK + 'ask = [{ role = "ops", when = { over = { a = "b" } } }]\n', "when.over.a: input should be"),
        (ASK + 'ask = [{ role = "ops", when = { over = { a = nan } } }]\n', "when.over.a: input should be"),
        (
            ASK + 'ask = [{ role = "ops", when = { one_of = { a = [] } } }]\n',
            "when.one_of.a: list should have",
        ),
        (
            ASK + 'ask = [{ role = "ops", when = { asked_in = ["general"] } }]\n',
            "when.asked_in.0: string should",
        ),
        (
            ASK + 'ask = [{ role = "ops", when = { asked_by = [] } }]\n',
            "when.asked_by: list should have at least",
        ),
    ],
)
def test_a_bad_file_is_said_in_a_sentence_that_repeats_no_value(
    text: str, expected: str, tmp_path: Path
) -> None:
    found = problems(text, tmp_path)

    assert any(expected in one for one in found), found
    assert all(one.startswith("mcp.toml") and one.endswith(".") for one in found)
    assert "sesame" not in str(found)
    assert "q8Zr2" not in str(found)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = COMMAND + 'call_seconds = 0\ntools = { a = "alow", b = { ask = [] } }\n'

    assert len(problems(text, tmp_path)) == 3


def test_a_file_that_is_not_there_or_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / "mcp.toml").write_bytes(b"\xff\xfe")

    for path in (tmp_path / "mcp.toml", tmp_path / "nowhere.toml"):
        with pytest.raises(McpFileError) as caught:
            mcp_file.read(path)
        assert caught.value.problems == [f"{path} cannot be read as text."]


@pytest.mark.parametrize(
    "text",
    [
        COMMAND + 'env = { TZ = "Europe/Berlin", LOG_LEVEL = "debug", API_KEY = "${MY_KEY}" }\n' + TOOLS,
        COMMAND + 'env = { WHERE = "/opt/services/production-eu-central/data" }\n' + TOOLS,
        SERVER
        + 'command = ["npx", "-y", "@modelcontextprotocol/server-filesystem@2026.1.1", "/srv"]\n'
        + TOOLS,
        SERVER + 'command = ["x", "/srv/2026/a_folder-with.a_long_name_of_many_words_2"]\n' + TOOLS,
        SERVER + 'url = "http://127.0.0.1:8080/mcp"\n' + TOOLS,
        SERVER + 'url = "https://x.example.com/mcp?tenant=acme"\nheaders = { X-Team = "blue" }\n' + TOOLS,
    ],
)
def test_what_is_no_secret_may_stand_in_the_file(text: str, tmp_path: Path) -> None:
    assert [*read(text, tmp_path).servers] == ["ops"]


def test_references_are_filled_with_values_of_the_environment() -> None:
    assert names(["${A}", "x ${B} ${A}", "$C ${d}"]) == ("A", "B")
    assert filled("Bearer ${A}", {"A": "one ${B}"}) == "Bearer one ${B}"
    with pytest.raises(KeyError):
        filled("${A}", {})
