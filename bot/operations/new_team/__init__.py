"""`countersign new-team NAME`: a working team in a folder of its own, to be made into somebody's own."""

from __future__ import annotations

import keyword
import re
from importlib.resources import files
from pathlib import Path
from string import Template

from bot.domain.errors import CannotStart

#: Template → the file that is made of it.
FILES = {
    "team.txt": "__init__.py",
    "ledger.txt": "ledger.py",
    "tools.txt": "tools.py",
    "tests.txt": "test_$name.py",
    "readme.txt": "README.md",
}


def new_team(name: str, folder: Path) -> list[Path]:
    """Write the package `name` into a folder, and name its files.

    Raises `CannotStart` for a name that is none of a package, or that is taken; nothing is written then.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name) or keyword.iskeyword(name):
        raise CannotStart("A team's name has small letters, digits and _ only, and begins with a letter.")
    home = folder / name
    if home.exists():
        raise CannotStart(f"There is a {name} here already.")
    values = {"name": name, "title": name.replace("_", " ").capitalize(), "upper": name.upper()}
    texts = {to: Template(_read(template)).substitute(values) for template, to in FILES.items()}
    home.mkdir()
    made: list[Path] = []
    for to, text in texts.items():
        file = home / Template(to).substitute(values)
        file.write_text(text, encoding="utf-8")
        made.append(file)
    return made


def _read(template: str) -> str:
    return files(__name__).joinpath(template).read_text(encoding="utf-8")
