"""Python packages that programs in a sandbox find: those of the demo that work on files is done with.

They are bound from where the bridge itself has them, to be read. What is compiled fits one version of Python,
and a sandbox has the system's: where that is another one, only what is not compiled is there.
"""

from __future__ import annotations

import functools
import os
import re
import stat
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

WANTED = ("openpyxl", "pandas", "matplotlib")
#: Where they are in a sandbox.
PLACE = "/opt/python"
#: Each thread of OpenBLAS takes memory when numpy is imported: on many cores, more than a process may have.
ENVIRONMENT = {"PYTHONPATH": PLACE, "OPENBLAS_NUM_THREADS": "2"}
_REQUIRED = re.compile(r"[A-Za-z0-9][\w.-]*")


@functools.cache
def folders(python: str, wanted: Sequence[str] = WANTED) -> tuple[Path, ...]:
    """The folders and modules of those packages, and of what they require, that this Python can use."""
    found: dict[Path, None] = {}
    for name in wanted:
        needed = _with_required(name, {})
        if needed and (_is_ours(python) or not any(map(_is_compiled, needed))):
            found |= dict.fromkeys(path for one in needed for path in _tops(one))
    return tuple(sorted(found))


def readable(paths: Iterable[Path]) -> list[Path]:
    """Those that a sandbox may be given: where the bridge is root, its sandboxes run as somebody else."""
    return [path for path in paths if os.geteuid() != 0 or is_open(path)]


def _with_required(name: str, seen: dict[str, metadata.Distribution]) -> list[metadata.Distribution]:
    """A package and what it requires, as far as that is here; nothing where the package is not."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in seen:
        return []
    try:
        seen[key] = metadata.distribution(key)
    except metadata.PackageNotFoundError:
        return []
    for line in seen[key].requires or ():
        if "extra ==" not in line and (required := _REQUIRED.match(line)):
            _with_required(required[0], seen)
    return list(seen.values())


def _tops(package: metadata.Distribution) -> set[Path]:
    names = {file.parts[0] for file in package.files or ()}
    kept = {name for name in names if name not in ("..", "__pycache__") and not name.endswith(".dist-info")}
    return {Path(str(package.locate_file(name))) for name in kept}


def _is_compiled(package: metadata.Distribution) -> bool:
    return any(".so" in file.suffixes for file in package.files or ())


def _is_ours(python: str) -> bool:
    """Whether a Python is of the version that this one is."""
    major, minor = sys.version_info[:2]
    return Path(os.path.realpath(python)).name == f"python{major}.{minor}"


def is_open(path: Path) -> bool:
    """Whether anybody may look into it."""
    modes = [folder.stat().st_mode for folder in path.parents]
    return all(mode & stat.S_IXOTH for mode in modes) and bool(path.stat().st_mode & stat.S_IROTH)
