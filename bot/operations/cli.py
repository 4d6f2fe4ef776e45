"""The command `countersign`."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from cryptography.fernet import Fernet

from bot.domain.errors import BotError
from bot.domain.finding import Finding, Level
from bot.domain.policies_only import policies_only
from bot.operations.cli_audit import audit
from bot.operations.cli_backup import backup, restore
from bot.operations.cli_feedback import feedback
from bot.operations.cli_story import tail, trace
from bot.operations.cli_usage import usage
from bot.operations.command import (
    BAD_SETTINGS,
    FAILED,
    HEALTH,
    POLICIES,
    RECORD,
    ROSTER,
    SANDBOX,
    TEAM,
    complain,
    made_team,
    policies_of,
    read_settings,
    run,
    unusable,
)
from bot.operations.health_check import NOT_SERVED, complaints
from bot.operations.help_order import InOrder
from bot.operations.imports import uncollected
from bot.operations.new_team import new_team
from bot.operations.standard_output import written_out
from bot.settings.config import ConfigError, Settings
from bot.telemetry import logs
from bot.telemetry.resource_limits import shortcomings

app = typer.Typer(
    cls=InOrder,
    help="A Slack bot whose dangerous actions wait for a person.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(audit, name="audit")
app.command(name="usage")(usage)
for command in (feedback, tail, trace, backup, restore):
    app.command()(command)
mcp = typer.Typer(help="Tools of MCP servers.", no_args_is_help=True)
app.add_typer(mcp, name="mcp")
policies = typer.Typer(help="List the policies, or try one.")
app.add_typer(policies, name="policies")

keys = typer.Typer(help="Keys that seal what is stored.", no_args_is_help=True)
app.add_typer(keys, name="keys")


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"countersign {metadata.version('countersign')}")
        raise typer.Exit


@app.callback()
def countersign(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_say_version, help="Say which version this is."),
    ] = False,
) -> None:
    """A Slack bot whose dangerous actions wait for a person."""
    del version  # said already


@app.command()
def serve() -> None:
    """Connect to Slack and work until told to stop."""
    settings = read_settings(with_team=True)
    logs.set_up(settings.log_level, settings.log_format)
    _refuse_want(settings)
    # Imported here because it loads the agents, which the other commands do not need.
    with uncollected():
        from bot.wiring.app import serve as serve_bot

        team = made_team(settings)
    run(serve_bot(settings, team), loop_factory=_fast_loop())


@app.command(name="doctor")
def check(
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Run a real task in the sandbox instead.")
    ] = False,
) -> None:
    """Check the settings and everything they point to, one line for each."""
    settings = read_settings(used=SANDBOX) if sandbox else read_settings(with_team=True)
    # Imported here because they load the agents' SDK, which the other commands do not need.
    if sandbox:
        from bot.operations import doctor_sandbox

        findings = doctor_sandbox.examine(settings, time.monotonic)
    else:
        from bot.operations import doctor

        findings = doctor.examine(settings, made_team(settings))
    if run(_report(findings)):
        raise typer.Exit(FAILED)


@policies.callback(invoke_without_command=True)
def list_policies(context: typer.Context) -> None:
    """List every tool that may need a person, and every tool of MCP servers. No secret is needed for it."""
    if context.invoked_subcommand is not None:
        return
    settings = read_settings(used=POLICIES)
    from bot.wiring.assembly import all_approved
    from bot.wiring.policy_table import remote_table, table

    team = policies_of(settings)
    typer.echo(table(settings, all_approved(settings, team)))
    if team.remote:
        typer.echo(f"\n{remote_table(team.remote)}")


@policies.command(name="try")
def try_policies(
    tool: Annotated[str, typer.Argument(help="The name of a tool, such as issue_refund.")],
    arguments: Annotated[str, typer.Option("--args", help="Its arguments as JSON.")] = "{}",
    requester: Annotated[str, typer.Option("--as", metavar="U…", help="Who asks for it: a Slack id.")] = "",
    channel: Annotated[str, typer.Option("--in", metavar="C…", help="Where: the id of a channel.")] = "",
    who: Annotated[str, typer.Option("--who", help="What they are: member, guest or stranger.")] = "member",
    before: Annotated[
        str, typer.Option("--before", help="The arguments of calls they made a moment ago, as a JSON list.")
    ] = "[]",
) -> None:
    """Say who would be asked about a call, and why. Nothing is done, and neither Slack nor a secret is needed."""
    settings = read_settings(used=POLICIES)
    from bot.operations import policy_trial

    try:
        call = policy_trial.read_call(tool, arguments, requester, channel, who=who, before=before)
        for line in policy_trial.trial(settings, policies_of(settings), call):
            typer.echo(line)
    except policy_trial.CannotTry as error:
        complain(f"{error}.")
        raise typer.Exit(BAD_SETTINGS) from None


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
    settings = read_settings(used=ROSTER)
    from bot.operations import roster_report

    work = roster_report.accept if accept else roster_report.report
    # What is accepted must be what is served: made with everything that the team needs.
    team = made_team(settings) if accept else policies_of(settings)
    if not run(work(settings, team, typer.echo)):
        raise typer.Exit(FAILED)


@mcp.callback()
def mcp_commands() -> None:
    """Tools of MCP servers."""


@mcp.command(name="accept")
def accept_tools(
    what: Annotated[
        str, typer.Argument(metavar="[SERVER[:TOOL]]", help="All that mcp.toml names if left out.")
    ] = "",
) -> None:
    """Accept what the tools of MCP servers are now, and write it into mcp.lock."""
    settings = read_settings(used=TEAM)
    from bot.operations import mcp_accept
    from bot.wiring.team import bare_team

    try:
        with policies_only():  # what its servers need is asked for, and no other secret of the team
            team = bare_team(settings)
        accepted = run(mcp_accept.accept(settings, team, what, typer.echo))
    except ConfigError as error:
        raise unusable(error.problems) from None
    if not accepted:
        raise typer.Exit(FAILED)


@keys.command()
def reseal() -> None:
    """Seal everything that is stored with the first of STATE_KEYS, so that the others can be taken away."""
    from bot.operations import reseal_report

    settings = read_settings(used=RECORD | {"lease_seconds"})
    if not run(reseal_report.reseal(settings, typer.echo)):
        raise typer.Exit(FAILED)


@app.command(name="new-team")
def make_team(name: Annotated[str, typer.Argument(help="Small letters, digits and _.")]) -> None:
    """Write a working team of agents into a folder of that name, to be made into your own."""
    try:
        made = new_team(name, Path.cwd())
    except BotError as error:
        complain(str(error))
        raise typer.Exit(FAILED) from None
    for file in made:
        typer.echo(f"  {file.relative_to(Path.cwd())}")
    command = "countersign" if Path(sys.argv[0]).is_absolute() else sys.argv[0]  # as it was typed
    typer.echo(
        f"Now:\n  make demo TEAM={name}\n  TEAM={name} {command} serve    # with the settings of .env.example"
    )


@app.command()
def health() -> None:
    """Ask the replica of this machine whether it can work: the health check of a container."""
    settings = read_settings(used=HEALTH)
    if not settings.health_port:
        complain(NOT_SERVED)
        raise typer.Exit(FAILED)
    found = complaints(settings.health_host, settings.health_port)
    for problem in found:
        complain(problem)
    if found:
        raise typer.Exit(FAILED)
    typer.echo("ready")


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def bridge(context: typer.Context) -> None:
    """Run the local sandbox bridge, for a bot with SANDBOX_BACKEND=local; `bridge --help` says how."""
    if importlib.util.find_spec("devkit") is None:
        complain("The local bridge is not in the package: run this with `make setup` done in the repository.")
        raise typer.Exit(FAILED)
    # In a process of its own: what a laptop lacks is never loaded into the product's.
    os.execv(sys.executable, [sys.executable, "-m", "devkit.bridge", *context.args])


@app.command()
def new_key() -> None:
    """Print a new key for STATE_KEYS."""
    typer.echo(Fernet.generate_key().decode())


def main() -> None:
    """Run the command line."""
    with written_out():
        app()


def _refuse_want(settings: Settings) -> None:
    """End where the machine leaves too little for these settings: loading the agents may fail already."""
    if found := shortcomings(runs=settings.worker_concurrency, clicks=settings.control_concurrency):
        for problem in found:
            complain(problem)
        raise typer.Exit(FAILED)


async def _report(findings: AsyncIterator[Finding]) -> bool:
    """Print what the doctor finds as it is found; say whether anything failed."""
    failed = False
    async for finding in findings:
        typer.echo(f"{finding.level} {finding.text}")
        failed = failed or finding.level is Level.FAILED
    return failed


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where there is one (it does not exist for Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
