"""An MCP server that nobody here wrote, behind approvals: mcp-server-git, which commits when people agree."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from devkit.model.script import Calls
from tests.operations import Operations
from tests.world import MEI, OMAR, World

FILE = """
[servers.git]
specialist = "Operations"
command = ["python", "-m", "mcp_server_git", "--repository", "{repository}"]

[servers.git.tools]
git_status = "allow"
git_add = "allow"
git_reset = "deny"

[servers.git.tools.git_commit]
editable = ["message"]
ask = [{{ role = "ops", unless = {{ one_of = {{ message = ["checkpoint"] }} }} }}]
"""


def git(repository: Path, *words: str) -> str:
    return subprocess.run(
        ("git", "-C", repository, *words), check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit, and a file that is not in it yet."""
    made = tmp_path / "repository"
    made.mkdir()
    git(made, "init", "-q", "-b", "main")
    for name, value in (("user.name", "Bot"), ("user.email", "bot@example.com")):
        git(made, "config", name, value)
    git(made, "commit", "-q", "--allow-empty", "-m", "Begin")
    (made / "notes.txt").write_text("notes\n")
    return made


async def test_a_commit_waits_for_a_person_who_may_change_its_message(
    world: World, ops: Operations, repository: Path, tmp_path: Path
) -> None:
    where = {"repo_path": str(repository)}
    ops.scripted(
        Calls([("git__git_status", where)]),
        Calls([("git__git_add", {**where, "files": ["notes.txt"]})]),
        Calls([("git__git_commit", {**where, "message": "Notes"})]),
    )
    path = tmp_path / "mcp.toml"
    path.write_text(FILE.format(repository=repository))
    await ops.accepts(str(path))
    async with world.bot_of(ops.team(MCP_FILE=str(path))):
        card = await world.card(thread := await world.asks("commit my notes"))
        assert "Notes" in card.shown
        assert git(repository, "log", "--format=%s").split() == ["Begin"]
        await world.edits(MEI, card, message="Meeting notes")
        await world.slack.until(lambda: "Meeting notes" in card.shown)
        await world.approves(OMAR, card)
        await world.hears(thread, "That was all.")

    assert git(repository, "log", "--format=%s").splitlines() == ["Meeting notes", "Begin"]
    assert "Untracked files" in ops.heard()
    assert "git_reset" not in ops.heard()
    assert "git_branch" not in ops.heard()  # not named, so denied


async def test_a_commit_that_is_turned_away_is_not_made(
    world: World, ops: Operations, repository: Path, tmp_path: Path
) -> None:
    commit = {"repo_path": str(repository), "message": "Notes"}
    ops.scripted(Calls([("git__git_commit", commit)]))
    path = tmp_path / "mcp.toml"
    path.write_text(FILE.format(repository=repository))
    await ops.accepts(str(path), "git")
    async with world.bot_of(ops.team(MCP_FILE=str(path))):
        card = await world.card(thread := await world.asks("commit my notes"))
        await world.rejects(OMAR, card, "not yet")
        await world.hears(thread, "That was all.")

    assert git(repository, "log", "--format=%s").split() == ["Begin"]
