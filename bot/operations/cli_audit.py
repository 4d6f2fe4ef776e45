"""The commands `countersign audit …`: check the audit log, export it, count what is in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.domain.signed_head import NotAHead, read_expected
from bot.domain.tally import Tally
from bot.operations import audit_report, audit_tally
from bot.operations.audit_report import Filter, Format
from bot.operations.audit_tally import Layout
from bot.operations.command import FAILED, RECORD, complain, read_settings, run

audit = typer.Typer(help="Check or export the audit log.", no_args_is_help=True)

UNOPENED = "Some entries could not be opened; `countersign audit verify` names them."
#: How a moment may be written on the command line.
MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]


@audit.command()
def verify(
    expect: Annotated[
        list[str] | None, typer.Option(metavar="[TEAM:]SEQ:HASH", help="A head noted earlier; repeatable.")
    ] = None,
    heads: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, readable=True, help="A file of signed heads, as anchors are."
        ),
    ] = None,
) -> None:
    """Check that no entry of the audit log was altered, removed or put elsewhere."""
    settings = read_settings(used=RECORD)
    try:
        noted = [read_expected(text) for text in expect or []]
    except NotAHead as error:
        raise typer.BadParameter(f"{error}.", param_hint="--expect") from None
    lines = heads.read_text(encoding="utf-8", errors="replace").splitlines() if heads else []
    anchored = audit_report.noted_in(settings, lines, typer.echo)
    right = run(audit_report.verify(settings, [*noted, *(anchored or [])], typer.echo))
    if not right or anchored is None:
        raise typer.Exit(FAILED)


@audit.command()
def export(
    since: Annotated[
        datetime | None, typer.Option(formats=MOMENTS, help="From this moment on (UTC).")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=MOMENTS, help="Up to this moment (UTC).")] = None,
    thread: Annotated[str, typer.Option(help="Of one thread: TEAM/CHANNEL/TS.")] = "",
    person: Annotated[str, typer.Option(help="Of one person: their Slack id.")] = "",
    written_as: Annotated[Format, typer.Option("--format", help="How to write entries.")] = Format.JSONL,
) -> None:
    """Write the audit log, or some of it, to standard output."""
    wanted = Filter(_utc(since), _utc(until), thread, person)
    if not run(audit_report.export(read_settings(used=RECORD), wanted, written_as, typer.echo)):
        complain(UNOPENED)
        raise typer.Exit(FAILED)


@audit.command(name="report")
def tell(
    since: Annotated[
        datetime | None, typer.Option(formats=MOMENTS, help="From this moment on (UTC).")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=MOMENTS, help="Up to this moment (UTC).")] = None,
    written_as: Annotated[Layout, typer.Option("--format", help="How to write it.")] = Layout.TABLE,
) -> None:
    """Count what was decided by person, tool and outcome, and how long that took in the middle."""
    tally = Tally(_utc(since), _utc(until))
    if not run(audit_tally.report(read_settings(used=RECORD), tally, written_as, typer.echo)):
        complain(UNOPENED)
        raise typer.Exit(FAILED)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
