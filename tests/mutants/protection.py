"""What protects, where it stands in the source, and the tests that must fail without it."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent


class Protection(BaseModel):
    """One entry of the lists beside this file.

    `source` stands in `file` exactly once and becomes `becomes`; without it `name` does not hold and
    each of `tests` fails. `second_guard` names the entry that holds as well: each of the two may be
    removed unnoticed, both together may not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    file: str
    source: str
    becomes: str = ""
    tests: tuple[str, ...] = Field(min_length=1)
    second_guard: str = ""
    topic: str = ""


def listed() -> list[Protection]:
    """Every entry, by topic, in the order of the lists."""
    found: list[Protection] = []
    for path in sorted(HERE.glob("*.toml")):
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["protection"]
        found += [Protection(**entry, topic=path.stem) for entry in entries]
    return found


def stale(protection: Protection, root: Path = ROOT) -> str:
    """Say why an entry does not fit the source any more; empty where it does."""
    path = root / protection.file
    if not path.is_file():
        return f"{protection.file} is no more"
    text = path.read_text(encoding="utf-8")
    if (count := text.count(protection.source)) != 1:
        return f"its source stands {count} times in {protection.file}"
    try:
        if path.suffix == ".py":
            ast.parse(removed(protection, text))
    except SyntaxError as error:
        return f"without it {protection.file} is no Python ({error.msg})"
    missing = [test for test in protection.tests if not _exists(test, root)]
    return f"there is no {missing[0]}" if missing else ""


def removed(protection: Protection, text: str) -> str:
    """The source without the protection."""
    return text.replace(protection.source, protection.becomes)


def _exists(test: str, root: Path) -> bool:
    file, _, name = test.partition("::")
    if not (root / file).is_file():
        return False
    module = ast.parse((root / file).read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name for node in module.body
    )
