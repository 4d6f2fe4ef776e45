"""A team with MCP servers: what its files make of it, and the sentence where they do not fit."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from agents import Tool

from bot.agents.mcp import lock
from bot.agents.mcp.described import Described
from bot.agents.mcp.lock import Lock
from bot.domain.approvals.approval import canonical
from bot.settings.config import ConfigError, Settings
from bot.wiring.assembly import all_approved
from bot.wiring.mcp import with_mcp
from bot.wiring.policy_table import fingerprint, remote_table
from bot.wiring.team import load_team, path_of
from countersign import Specialist, Team, function_tool

COMMAND = "python -m somewhere"
SCHEMA = {"type": "object", "properties": {"service": {"type": "string"}}}
HINTS = {"read_only_hint": False, "destructive_hint": True}
RESTART = Described("restart", "Restart a service.", SCHEMA, HINTS)
STATUS = Described("status", "Say how it does.", SCHEMA, {"read_only_hint": True})
WIPE = Described("wipe", "Accepted once, and denied since.", SCHEMA)
FILE = """
[servers.ops]
specialist = "Operations"
command = ["python", "-m", "somewhere"]
tools = { status = "allow", wipe = "deny", later = "allow", restart = { ask = [{ role = "ops" }] } }
"""


@function_tool
def ops__status() -> str:
    """Clash."""
    return ""


def team(*tools: Tool) -> Team[None]:
    return Team("t", [Specialist("Operations", "Runs things.", "You run things.", tools=tools)])


def made(
    folder: Path, text: str = FILE, accepted: Lock | None = None, to: Team[None] | None = None
) -> Team[None]:
    path = folder / "mcp.toml"
    path.write_text(text)
    known = Lock()
    for tool in (RESTART, STATUS, WIPE):
        known = known.with_tool("ops", tool, COMMAND)
    lock.write(lock.path_beside(path), accepted or known)
    return with_mcp(to or team(), path)


def problems(folder: Path, text: str = FILE, to: Team[None] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        made(folder, text, to=to)
    return caught.value.problems


def test_a_specialist_gets_what_is_named_and_accepted_and_nothing_else(tmp_path: Path) -> None:
    (one,) = made(tmp_path).specialists

    assert [tool.name for tool in one.plain] == ["ops__status"]
    assert [tool.tool.name for tool in one.approved] == ["ops__restart"]
    assert one.approved[0].version == RESTART.fingerprint(COMMAND)


def test_what_a_call_acts_on_bounds_what_is_agreed_to_in_advance(tmp_path: Path) -> None:
    text = FILE.replace("restart = {", 'restart = { target = "service", rest_of_run = true, ')
    (one,) = made(tmp_path, text).approved
    bound = one.offers(canonical({"service": "checkout"})).bound

    assert bound is not None
    assert bound.holds(canonical({"service": "checkout"}), ())
    assert not bound.holds(canonical({"service": "reports"}), ())


def test_without_a_lock_there_are_no_tools(tmp_path: Path) -> None:
    (one,) = made(tmp_path, accepted=Lock().with_tool("other", STATUS, COMMAND)).specialists

    assert (one.plain, one.approved) == ([], [])


def test_another_command_is_another_server_whose_tools_nobody_has_accepted(tmp_path: Path) -> None:
    (one,) = made(tmp_path, FILE.replace("somewhere", "elsewhere")).specialists

    assert (one.plain, one.approved) == ([], [])


def test_the_team_s_own_file_counts_where_none_is_set(tmp_path: Path) -> None:
    own = dataclasses.replace(team(), mcp=tmp_path / "own.toml")

    assert path_of(Settings(), team()) is None
    assert path_of(Settings(), own) == own.mcp
    assert path_of(Settings(mcp_file=tmp_path / "set.toml"), own) == tmp_path / "set.toml"


def test_a_team_that_is_named_has_the_tools_of_the_file_that_is_set(tmp_path: Path) -> None:
    (tmp_path / "mcp.toml").write_text("[servers.ops]\n")

    with pytest.raises(ConfigError, match="servers.ops"):
        load_team(Settings(team="operations", mcp_file=tmp_path / "mcp.toml"))


def test_the_table_shows_every_named_tool_and_what_the_server_says_of_it(tmp_path: Path) -> None:
    rows = [line.split("  ") for line in remote_table(made(tmp_path).remote).splitlines()[2:]]

    assert [[cell.strip() for cell in row if cell.strip()] for row in rows] == [
        ["ops__status", "allowed, nobody asked", "read only", STATUS.fingerprint(COMMAND)[:12]],
        ["ops__wipe", "denied", WIPE.fingerprint(COMMAND)[:12]],
        ["ops__later", "denied until it is accepted"],
        ["ops__restart", "asks", "not read only, destructive", RESTART.fingerprint(COMMAND)[:12]],
    ]


def test_replicas_tell_each_other_apart_by_servers_tools_and_what_is_accepted(tmp_path: Path) -> None:
    settings = Settings(approvers={"ops": ["U0OMAR0001"]})

    def named(given: Team[None]) -> str:
        return fingerprint(settings, given, all_approved(settings, given))

    usual = named(made(tmp_path))
    changed = Lock().with_tool("ops", RESTART, COMMAND)
    others = [
        named(made(tmp_path, FILE.replace('status = "allow"', 'status = "deny"'))),
        named(made(tmp_path, FILE.replace('role = "ops"', 'role = "leads"'))),
        named(made(tmp_path, FILE.replace("somewhere", "elsewhere"))),
        named(made(tmp_path, accepted=changed)),
        named(
            made(
                tmp_path,
                accepted=changed.with_tool("ops", dataclasses.replace(STATUS, description="."), COMMAND),
            )
        ),
    ]

    assert named(made(tmp_path)) == usual
    assert len({usual, *others}) == 6


def test_what_does_not_fit_is_said_with_every_problem_at_once(tmp_path: Path) -> None:
    strange = FILE.replace('"Operations"', '"Nobody"')
    editable = FILE.replace("restart = {", 'restart = { editable = ["replicas"], ')
    condition = FILE.replace('role = "ops"', 'role = "ops", unless = { one_of = { servce = ["a"] } }')
    target = FILE.replace("restart = {", 'restart = { target = "servcie", ')
    long = FILE.replace("later", f'"{"x" * 60}"')

    assert problems(tmp_path, strange) == ["mcp.toml: servers.ops.specialist must be one of: Operations."]
    assert problems(tmp_path, editable) == ["mcp.toml: ops__restart has no argument replicas."]
    assert problems(tmp_path, condition) == ["mcp.toml: ops__restart has no argument servce."]
    assert problems(tmp_path, target) == ["mcp.toml: ops__restart has no argument servcie."]
    assert problems(tmp_path, to=team(ops__status)) == ["mcp.toml: two tools would be called ops__status."]
    assert problems(tmp_path, FILE.replace("wipe =", '"sta/tus" = "deny", sta_tus =')) == [
        "mcp.toml: two tools would be called ops__sta_tus."
    ]
    assert "is too long for the name of a tool" in problems(tmp_path, long)[0]


def test_a_variable_that_the_file_names_has_to_be_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = FILE.replace(
        "tools =", 'env = { TOKEN = "${OPS_TOKEN}", OTHER_KEY = "${model_x}", KEY = "${OTHER}" }\ntools ='
    )

    assert "looks as if it held a secret" in problems(tmp_path, text)[0]
    text = text.replace("${model_x}", "${MODEL_X}")
    monkeypatch.setenv("MODEL_X", "sesame")
    monkeypatch.setenv("OTHER", "")
    assert problems(tmp_path, text) == [
        "OPS_TOKEN is missing: mcp.toml names it.",
        "OTHER is missing: mcp.toml names it.",
    ]
    monkeypatch.setenv("OPS_TOKEN", "sesame")
    monkeypatch.setenv("OTHER", "sesame")
    assert made(tmp_path, text).remote


def test_two_tools_that_people_could_not_tell_apart_need_a_title(tmp_path: Path) -> None:
    asks = '{ ask = [{ role = "ops" }] }'
    text = FILE.replace("restart = {", f'"restart.it" = {asks}, restart_it = {asks}, restart = {{', 1)

    assert problems(tmp_path, text)[-1] == (
        "mcp.toml: people would read Restart it (ops) for two tools: give ops:restart_it a title."
    )
    text = FILE.replace("restart = {", 'restart = { title = "Turn it off and on again", ')
    assert made(tmp_path, text).approved[0].title == "Turn it off and on again"
    assert made(tmp_path).approved[0].title == "Restart (ops)"


@pytest.mark.parametrize("value", ["sesame\n", "ses\u00e4me", "ses\tame"])
def test_a_secret_that_no_header_can_hold_is_said_without_its_value(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = 'url = "https://ops.example.com/mcp"\nheaders = { Authorization = "Bearer ${OPS_TOKEN}" }'
    monkeypatch.setenv("OPS_TOKEN", value)

    (problem,) = problems(tmp_path, FILE.replace('command = ["python", "-m", "somewhere"]', where))
    assert problem.startswith("mcp.toml: servers.ops.headers.Authorization: OPS_TOKEN holds a line break")
    assert "ses" not in problem.removeprefix("mcp.toml: servers.ops.headers")
