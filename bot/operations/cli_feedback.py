"""The command `countersign feedback`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.operations.audit_tally import Layout
from bot.operations.cli_audit import MOMENTS
from bot.operations.command import FAILED, RECORD, complain, read_settings, run
from bot.operations.feedback_report import report

UNOPENED: str = "Some votes could not be opened with STATE_KEYS."


def feedback(
    since: Annotated[
        datetime | None, typer.Option(formats=MOMENTS, help="Votes from this moment on (UTC).")
    ] = None,
    written_as: Annotated[Layout, typer.Option("--format", help="How to write it.")] = Layout.TABLE,
) -> None:
    """Count the thumbs below answers, by the agent that gave them. Votes are kept for ninety days."""
    moment = since.replace(tzinfo=UTC) if since else None
    if not run(report(read_settings(used=RECORD), moment, written_as, typer.echo)):
        complain(UNOPENED)
        raise typer.Exit(FAILED)
