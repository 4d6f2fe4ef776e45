"""The command `countersign`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import typer
from cryptography.fernet import Fernet

from bot import config, doctor, logs
from bot.config import ConfigError, Settings
from bot.errors import BotError
from bot.findings import Level

#: Exit codes: what was asked for failed; the settings are not usable; Ctrl-C.
FAILED, BAD_SETTINGS, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    help="A Slack bot whose dangerous actions wait for a person.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def serve() -> None:
    """Connect to Slack and work until told to stop."""
    settings = _settings()
    logs.set_up(settings.log_level, settings.log_format)
    # Imported here because it loads the agents, which the other commands do not need.
    from bot.app import serve as serve_bot

    try:
        _run(serve_bot(settings), loop_factory=_fast_loop())
    except BotError as error:
        _complain(str(error))
        raise typer.Exit(FAILED) from None


@app.command(name="doctor")
def check() -> None:
    """Check the settings and everything they point to, one line for each."""
    if _run(_report(_settings())):
        raise typer.Exit(FAILED)


@app.command()
def new_key() -> None:
    """Print a new key for STATE_KEYS."""
    typer.echo(Fernet.generate_key().decode())


def main() -> None:
    """Run the command line."""
    app()


async def _report(settings: Settings) -> bool:
    """Print what the doctor finds as it is found; say whether anything failed."""
    failed = False
    async for finding in doctor.examine(settings):
        typer.echo(f"{finding.level} {finding.text}")
        failed = failed or finding.level is Level.FAILED
    return failed


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


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where there is one (it does not exist for Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
