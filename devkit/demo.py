"""`python -m devkit.demo`: the bot, and everything it needs, on this machine alone.

The bot is the one that production runs, started as a process of its own with other addresses in
its settings. With a model key in `.env` or the environment it uses the real models.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import yaml

from bot.settings import loading
from bot.settings.config import ConfigError
from devkit.billing.server import BillingServer
from devkit.bridge.isolation import CannotIsolate
from devkit.demo_settings import (
    OPERATOR,
    Addresses,
    approvers_of,
    given_models,
    has_model_key,
    of_bot,
    of_sandboxes,
    stand_in_models,
    state_key,
)
from devkit.demo_team import USUAL, demo_team
from devkit.embedded_redis import EmbeddedRedis
from devkit.fleet import Fleet, until_ready
from devkit.look import Looks, looks
from devkit.model.server import ModelServer
from devkit.processes import Child
from devkit.sandboxes import start_bridge
from devkit.slack.server import SlackStandIn

ROOT = Path(__file__).parents[1]
#: Where the demo keeps its logs and its key, unless it is told another place.
HOME = ROOT / ".demo"
#: Longest wait for the first bot to connect, in seconds.
PATIENCE = 90.0
#: Pause between two pieces of text of the stand-in models, in seconds.
TYPING_PAUSE = 0.015


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the launcher is where time comes from


async def run(options: argparse.Namespace) -> None:
    """Start everything, say where it is, and stop everything when told to."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    options.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        starting = asyncio.create_task(start(stack, options))
        told = asyncio.create_task(stopping.wait())
        await asyncio.wait({starting, told}, return_when=asyncio.FIRST_COMPLETED)
        if stopping.is_set():
            starting.cancel()
            await asyncio.wait({starting})
            return
        told.cancel()
        announce(*await starting, options)
        await stopping.wait()
        print("\nStopping…", flush=True)


async def start(stack: AsyncExitStack, options: argparse.Namespace) -> tuple[str, Looks]:
    """Start the servers, then the bots; the address of the page, and what looks into it, once a bot has connected."""
    run_directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="countersign-")))
    redis = EmbeddedRedis(run_directory, now=now)
    stack.push_async_callback(redis.stop)
    await redis.start()
    billing = BillingServer(":memory:")
    stack.push_async_callback(billing.stop)
    await billing.start()
    slack = SlackStandIn(yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8")))
    stack.push_async_callback(slack.stop)
    await slack.start(options.port)
    addresses = Addresses(
        slack_api=slack.api_url,
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        redis=redis.url,
        billing=billing.url,
        billing_key=billing.api_key,
        state_key=state_key(options.home),
    )
    team = demo_team(options.team, run_directory, options.mcp)
    models = await start_models(stack, options)
    if options.sandbox and team.sandbox:
        models |= await start_sandboxes(stack, run_directory, options, slack)
    slack.guide(team.examples, role=team.leading, approvers=approvers_of(team.leading))
    ports = free_ports(options.bots)
    settings = [
        {
            **team.settings,
            **of_bot(addresses, models, health_port=port, team=team.name, roles={*team.roles, OPERATOR}),
            **({"MCP_FILE": str(options.mcp)} if options.mcp else {}),
        }
        for port in ports
    ]
    bots = [bot(number, given, options.home) for number, given in enumerate(settings, start=1)]
    fleet = Fleet(bots, changed=lambda: slack.panel_changed("bots"))
    slack.add_panel("bots", fleet.read, fleet.act)
    if options.team == USUAL:  # the books of others are their own
        slack.add_panel("billing", billing.panel)
        billing.on_change = lambda: slack.panel_changed("billing")
    shown = await stack.enter_async_context(looks(options.home, settings[0], ROOT))
    slack.add_panel("looks", shown.panel)
    stack.push_async_callback(fleet.stop)
    await fleet.start()
    async with asyncio.timeout(PATIENCE):
        await until_ready(bots[0], ports[0])
    return slack.url, shown


async def start_sandboxes(
    stack: AsyncExitStack, home: Path, options: argparse.Namespace, slack: SlackStandIn
) -> dict[str, str]:
    """The settings of code tasks: a bridge of this machine's, if it can isolate what runs there."""
    try:
        bridge = await start_bridge(stack, home, slack, allow=options.allow)
    except CannotIsolate as problem:
        print(f"No code tasks here. {problem}", flush=True)
        return {}
    return of_sandboxes(bridge.url, bridge.api_key)


async def start_models(stack: AsyncExitStack, options: argparse.Namespace) -> dict[str, str]:
    """The settings of the models: the real ones if a key is set, else the stand-in, started here."""
    settings, _ = loading.read()
    if has_model_key(settings) and not options.stand_in:
        return given_models(settings)
    models = ModelServer(delay=TYPING_PAUSE)
    stack.push_async_callback(models.stop)
    await models.start()
    return stand_in_models(models.url)


def bot(number: int, settings: Mapping[str, str], home: Path) -> Child:
    """The process of one bot, with a log of this start. It starts where no `.env` speaks for it."""
    name = f"bot-{number}"
    command = (sys.executable, "-m", "bot", "serve")
    log = home / f"{name}.log"
    log.unlink(missing_ok=True)
    return Child(name, command, settings=settings, log=log, now=now)


def free_ports(count: int) -> list[int]:
    """Find ports of this machine that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [found.getsockname()[1] for found in sockets]
    for found in sockets:
        found.close()
    return ports


def announce(url: str, shown: Looks, options: argparse.Namespace) -> None:
    """Print where the page is and what looks into it, and open it if there is a browser with a window of its own."""
    print(f"\nCountersign is ready:  {url}\n", flush=True)
    print("From another terminal, in this folder:", flush=True)
    for line in shown.lines():
        print(f"  {line}", flush=True)
    print(f"\nCtrl-C stops everything. The bot's log is in {log_of(options)}", flush=True)
    if options.browser and sys.stdout.isatty() and opens_a_window():
        webbrowser.open(url)


def log_of(options: argparse.Namespace) -> str:
    """Name the first bot's log as somebody in the project's folder would."""
    log = options.home / "bot-1.log"
    return str(log.relative_to(ROOT) if log.is_relative_to(ROOT) else log)


def opens_a_window() -> bool:
    """Say whether there is a browser that would not take over the terminal."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    runs_in_terminal = isinstance(browser, webbrowser.GenericBrowser)
    return not runs_in_terminal or isinstance(browser, webbrowser.BackgroundBrowser)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m devkit.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port of the page (default: a free one)")
    parser.add_argument(
        "--team",
        default=USUAL,
        help="whose agents to run: support, hr, operations, or a team in this folder",
    )
    parser.add_argument("--mcp", type=Path, metavar="FILE", help="an mcp.toml of yours, for its team")
    parser.add_argument("--bots", type=int, default=1, choices=range(1, 6), help="how many bots to start")
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="HOST",
        help="a host that code may reach (again for more)",
    )
    parser.add_argument("--no-sandbox", dest="sandbox", action="store_false", help="run no code tasks")
    parser.add_argument(
        "--stand-in", action="store_true", help="use the built-in model even where a model key is set"
    )
    parser.add_argument("--home", type=Path, default=HOME, help="where logs and the key are (default: .demo)")
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open the page")
    options = parser.parse_args(arguments)
    options.home = options.home.absolute()
    options.mcp = options.mcp.absolute() if options.mcp else None
    return options


def main() -> None:
    """Run the demo until Ctrl-C; ends with 1 and one plain sentence if it cannot start."""
    options = parse(sys.argv[1:])
    try:
        asyncio.run(run(options))
    except TimeoutError:
        sys.exit(f"The demo could not start: no bot connected within {PATIENCE:g} s; see {log_of(options)}")
    except (RuntimeError, OSError, ConfigError) as error:
        sys.exit(f"The demo could not start. {error}")


if __name__ == "__main__":
    main()
