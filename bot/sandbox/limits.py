"""How far a run may go in its sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

#: Bytes of an archive that a bridge takes back: https://developers.cloudflare.com/sandbox, seen in its source.
MOST_RESTORED: Final = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """Times of a whole run and of one command; `workspace` in bytes, of the archive that is kept."""

    run: timedelta
    command: timedelta
    workspace: int

    @property
    def kept(self) -> int:
        """The bytes of a packed workspace that can be kept, and can go into a sandbox again."""
        return min(self.workspace, MOST_RESTORED)
