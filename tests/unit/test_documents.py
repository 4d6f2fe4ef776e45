"""The documents name what is there: files, commands, packages."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
#: All that may stand in `bot/` itself.
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
    named = re.findall(
        r"`((?:bot|devkit|tests|docs|bench|evals)/[\w./-]*)`", path.read_text(encoding="utf-8")
    )

    assert [file for file in named if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE))

    assert named <= targets


def test_the_picture_of_the_house_and_its_table_name_every_room() -> None:
    house = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("## The house")[2]
    picture, table = house.split("```")[1:3]
    rooms = {path.parent.name for path in (ROOT / "bot").glob("*/__init__.py")}

    assert {room for room in rooms if not re.search(rf"\b{room}\b", picture)} == set()
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == rooms


def test_nothing_stands_loose_in_the_house_and_every_file_says_what_it_is() -> None:
    assert {path.name for path in (ROOT / "bot").glob("*.py")} <= UNNAMED
    silent = [
        name(path)
        for part in ("bot", "countersign", "devkit")
        for path in (ROOT / part).rglob("*.py")
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert silent == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [*project["dependency-groups"].values(), *project["project"]["optional-dependencies"].values()]
    entries = [*project["project"]["dependencies"], *(entry for group in groups for entry in group)]
    wanted = {re.split(r"[\[<>=;\s]", entry)[0] for entry in entries if isinstance(entry, str)}
    wanted -= {"countersign"}  # its own extras
    rows = re.findall(
        r"^\| ([\w, -]+) \|", (ROOT / "docs/adr/0008-dependencies.md").read_text(), re.MULTILINE
    )
    named = {package for row in rows for package in row.split(", ")} - {"package"}

    assert named == wanted


def test_the_list_of_changes_tells_of_the_version_that_is_set() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    headings = re.findall(
        r"^## \[([^]]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    released = [tuple(map(int, one.split("."))) for one in headings if one != "Unreleased"]

    assert headings[0] in {"Unreleased", version}
    assert released == sorted(released, reverse=True)
    assert all(one <= tuple(map(int, version.split("."))) for one in released)


def test_the_image_has_every_package_of_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    image, context = ((ROOT / name).read_text(encoding="utf-8") for name in ("Dockerfile", ".dockerignore"))

    assert [
        one for one in packages if f"COPY {one} ./{one}\n" not in image or f"!{one}\n" not in context
    ] == []


def test_both_ways_to_the_worker_s_image_take_the_same_one() -> None:
    base = re.search(
        r"^ARG BASE=(\S+)$", (ROOT / "sandbox-bridge/Dockerfile").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert base is not None
    assert f'"image": "{base[1]}"' in (ROOT / "sandbox-bridge/wrangler.jsonc").read_text(encoding="utf-8")
