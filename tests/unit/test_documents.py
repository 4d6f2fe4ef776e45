"""The documents name what is there: files, commands, packages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
#: Modules that only tie others together and need no line of their own in the codemap.
UNNAMED = {"__init__.py", "__main__.py"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))

    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]

    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_file_that_is_named_exists(path: Path) -> None:
    named = re.findall(r"`((?:bot|devkit|tests|docs|bench)/[\w./-]*)`", path.read_text(encoding="utf-8"))

    assert [file for file in named if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE))

    assert named <= targets


def test_the_codemap_names_every_module_of_the_bot() -> None:
    codemap = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("## Codemap")[2]
    modules = {path.name for path in (ROOT / "bot").glob("*.py")} - UNNAMED

    assert {module for module in modules if module not in codemap} == set()


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"].values()
    entries = [*project["project"]["dependencies"], *(entry for group in groups for entry in group)]
    wanted = {re.split(r"[\[<>=;\s]", entry)[0] for entry in entries if isinstance(entry, str)}
    rows = re.findall(
        r"^\| ([\w, -]+) \|", (ROOT / "docs/adr/0008-dependencies.md").read_text(), re.MULTILINE
    )
    named = {package for row in rows for package in row.split(", ")} - {"package"}

    assert named == wanted
