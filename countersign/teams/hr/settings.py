"""The settings of the HR team."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from countersign import TeamSettings


class HrSettings(TeamSettings):
    """Where time off is written down, and how much of it a year has.

    The file must be one that all replicas share; give a service of your own instead where they run on several machines.
    """

    time_off_database: Path = Path("time-off.sqlite")
    time_off_days_a_year: int = Field(default=28, ge=1, le=366)
