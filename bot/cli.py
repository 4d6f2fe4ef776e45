"""The command `countersign`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.fernet import Fernet

from bot import audit_report, config, logs
from bot.audit_report import Filter, Format
from bot.config import ConfigError, Settings
from bot.errors import BotError
from bot.findings import Finding, Level
from bot.signed_head import NotAHead, read_expected

#: Exit codes: what was asked for failed; the settings are not usable; Ctrl-C.
FAILED, BAD_SETTINGS, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    help="A Slack bot whose dangerous actions wait for a person.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
audit = typer.Typer(help="Check or export the audit log.", no_args_is_help=True)
app.add_typer(audit, name="audit")

#: How a moment may be written on the command line.
MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]


@app.command()
def serve() -> None:
    """Connect to Slack and work until told to stop."""
    settings = _settings()
    logs.set_up(settings.log_level, settings.log_format)
    # Imported here because it loads the agents, which the other commands do not need.
    from bot.app import serve as serve_bot

    _run(serve_bot(settings), loop_factory=_fast_loop())


@app.command(name="doctor")
def check(
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Run a real task in the sandbox instead.")
    ] = False,
) -> None:
    """Check the settings and everything they point to, one line for each."""
    settings = _settings()
    # Imported here because they load the agents' SDK, which the other commands do not need.
    if sandbox:
        from bot import doctor_sandbox

        findings = doctor_sandbox.examine(settings, time.monotonic)
    else:
        from bot import doctor

        findings = doctor.examine(settings)
    if _run(_report(findings)):
        raise typer.Exit(FAILED)


@app.command()
def policies() -> None:
    """List every tool that may need a person: when, who, how many, by when."""
    settings = _settings()
    from bot.policy_table import table

    typer.echo(table(settings))


@app.command()
def roster(
    accept: Annotated[
        bool,
        typer.Option(
            "--accept",
            help="Let these settings count: earlier policies again, or, where no replica serves, "
            "another REDIS_PREFIX; REDIS_SHARDS where nothing is stored.",
        ),
    ] = False,
) -> None:
    """Show which replicas serve, and whether one with these settings would be let in."""
    settings = _settings()
    from bot import roster_report

    work = roster_report.accept if accept else roster_report.report
    if not _run(work(settings, typer.echo)):
        raise typer.Exit(FAILED)


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
    settings = _settings()
    try:
        noted = [read_expected(text) for text in expect or []]
    except NotAHead as error:
        raise typer.BadParameter(f"{error}.", param_hint="--expect") from None
    lines = heads.read_text(encoding="utf-8", errors="replace").splitlines() if heads else []
    anchored = audit_report.noted_in(settings, lines, typer.echo)
    right = _run(audit_report.verify(settings, [*noted, *(anchored or [])], typer.echo))
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
    if not _run(audit_report.export(_settings(), wanted, written_as, typer.echo)):
        _complain("Some entries could not be opened; `countersign audit verify` names them.")
        raise typer.Exit(FAILED)


@app.command()
def new_key() -> None:
    """Print a new key for STATE_KEYS."""
    typer.echo(Fernet.generate_key().decode())


def main() -> None:
    """Run the command line."""
    app()


async def _report(findings: AsyncIterator[Finding]) -> bool:
    """Print what the doctor finds as it is found; say whether anything failed."""
    failed = False
    async for finding in findings:
        typer.echo(f"{finding.level} {finding.text}")
        failed = failed or finding.level is Level.FAILED
    return failed


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


def _settings() -> Settings:
    try:
        return config.load()
    except ConfigError as error:
        for problem in error.problems:
            _complain(problem)
        raise typer.Exit(BAD_SETTINGS) from None


def _complain(text: str) -> None:
    typer.echo(f"✗ {text}", err=True)


def _run(
    work: Coroutine[Any, Any, bool | None],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> bool | None:
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BotError as error:
        _complain(str(error))
        raise typer.Exit(FAILED) from None


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where there is one (it does not exist for Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
