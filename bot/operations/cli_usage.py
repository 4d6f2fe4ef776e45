"""The command `countersign usage`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.operations import usage_report
from bot.operations.command import USAGE, read_settings, run
from bot.operations.usage_report import By, Layout

DAYS = ["%Y-%m-%d"]


def usage(
    by: Annotated[By, typer.Option(help="What to add up by.")] = By.DAY,
    since: Annotated[
        datetime | None,
        typer.Option(formats=DAYS, help="From this day on (UTC); the last 30 days if left out."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=DAYS, help="Up to this day (UTC), without it.")
    ] = None,
    written_as: Annotated[Layout, typer.Option("--format", help="How to write it.")] = Layout.TABLE,
) -> None:
    """Add up tokens and dollars of all requests of models."""
    settings = read_settings(used=USAGE)
    run(usage_report.report(settings, by, _utc(since), _utc(until), written_as, typer.echo))


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
