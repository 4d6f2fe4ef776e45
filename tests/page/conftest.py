"""The fixtures of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures import redis_server, world

__all__ = ["pictures", "redis_server", "world"]


@pytest.fixture
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where pictures go: nowhere that stays, unless `--pictures` names a folder."""
    kept: str | None = request.config.getoption("--pictures")
    folder = Path(kept).absolute() if kept else tmp_path / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
