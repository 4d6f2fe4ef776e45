"""Whatever is imported is declared, and what is large is loaded only where it is needed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OWN = {"bot", "countersign", "devkit", "tests", "bench", "evals"}
#: Which groups may be there for what is in a folder; the product has its own dependencies alone.
GROUPS = {
    "bot": (),
    "countersign": (),
    "devkit": ("devkit",),
    "tests": ("devkit", "dev"),
    "bench": ("devkit", "dev"),
    "evals": ("devkit", "dev", "evals"),
}
PROVIDERS = packages_distributions()


def normal(name: str) -> str:
    """The one spelling of a package's name: https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(folder: str) -> set[str]:
    """The packages that code of a folder may import."""
    entries: list[Any] = [*PROJECT["project"]["dependencies"]]
    for extra in PROJECT["project"]["optional-dependencies"].values():
        entries += extra
    for group in GROUPS[folder]:
        entries += PROJECT["dependency-groups"][group]
    return {normal(re.split(r"[\[<>=;~!\s]", one)[0]) for one in entries if isinstance(one, str)}


def imported(path: Path) -> Iterator[str]:
    """The top-level names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("folder", GROUPS)
def test_every_package_that_is_imported_is_declared(folder: str) -> None:
    foreign = {
        name: path.relative_to(ROOT)
        for path in (ROOT / folder).rglob("*.py")
        for name in imported(path)
        if name not in OWN | sys.stdlib_module_names
    }
    undeclared = {
        name: str(path)
        for name, path in foreign.items()
        if not declared(folder) & {normal(one) for one in PROVIDERS.get(name, ())}
    }

    assert foreign
    assert undeclared == {}


@pytest.mark.parametrize(
    ("module", "kept_out"),
    [
        ("bot.operations.cli", {"agents", "openai"}),
        ("bot.wiring.app", {"docker", "requests", "agents.extensions.sandbox", "resiliparse"}),
        ("bot.wiring.app", {"mcp.client", "mcp.server", "starlette", "uvicorn"}),
        ("bot.wiring.team", {"mcp.client"}),
    ],
)
def test_what_is_large_is_not_loaded_before_it_is_needed(module: str, kept_out: set[str]) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()

    assert module in loaded
    assert not kept_out & set(loaded)
