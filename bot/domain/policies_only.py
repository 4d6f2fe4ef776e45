"""Whether a team is made only so that its policies can be read: then its secrets may be missing."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_POLICIES_ONLY: Final[ContextVar[bool]] = ContextVar("policies_only", default=False)


@contextmanager
def policies_only() -> Generator[None]:
    """Let a team that is made in the block do without its secrets. Nothing of it may be served."""
    before = _POLICIES_ONLY.set(True)
    try:
        yield
    finally:
        _POLICIES_ONLY.reset(before)


def is_policies_only() -> bool:
    """Tell whether that is so now."""
    return _POLICIES_ONLY.get()
