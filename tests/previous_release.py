"""The release before this one: its code in a folder of its own, from which its bots can be started."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
#: What counts as the release before while there is no tag behind this commit: the last one of 24 November 2026.
BEFORE_TAGS: Final = "cd2fcf57b274e4c2627afb3c0721740d97b7a720"
#: What docs/operations.md asks for with the jump from it. No code runs: with a sandbox no refund of that
#: release gets as far as its card.
SETTINGS: Final = {
    "READ_UNBOUND_SEALS": "true",
    "SANDBOX_BACKEND": "none",
    "APPROVALS_CHANNEL": "C0FINANCE1",  # it knows one channel, and no table of them
}

LACKS_HISTORY: Final = "The release before is not in this clone: `git fetch --unshallow --tags` brings it."


def name(repository: Path = ROOT) -> str:
    """The newest tag of a release behind this commit, else `BEFORE_TAGS`; raises `RuntimeError` in a shallow clone."""
    if _git(repository, "rev-parse", "--is-shallow-repository").strip() != b"false":
        raise RuntimeError(LACKS_HISTORY)
    tags = _git(repository, "tag", "--list", "v*", "--merged", "HEAD^", "--sort=-version:refname")
    return next(iter(tags.decode().split()), BEFORE_TAGS)


def unpack(into: Path) -> Path:
    """Put its code there; returns the folder that goes on the path. Raises like `name`."""
    archive = _git(ROOT, "archive", "--format=tar", name(), "bot")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(into, filter="data")
    return into


def _git(repository: Path, *words: str) -> bytes:
    try:
        return subprocess.run(["git", *words], cwd=repository, check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise RuntimeError(LACKS_HISTORY) from error
