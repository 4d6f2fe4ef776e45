"""How far a run may go in its sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """Times of a whole run and of one command; `workspace` in bytes, of the archive that is kept."""

    run: timedelta
    command: timedelta
    workspace: int
