"""`python -m devkit.bridge`: the local sandbox bridge by itself, for a bot with SANDBOX_BACKEND=local.

It listens where SANDBOX_URL says, with the key SANDBOX_API_KEY. Where SANDBOX_BACKEND is none, it takes a free port
and a new key, and prints what to set.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from yarl import URL

from bot.settings import loading
from bot.settings.config import ConfigError, Settings
from devkit.bridge.egress import Egress
from devkit.bridge.isolation import CannotIsolate
from devkit.bridge.server import BridgeServer

#: What of the settings is asked for; everything else may be missing or wrong.
USED = frozenset({"sandbox_url", "sandbox_api_key", "sandbox_bucket"})


async def run(settings: Settings, options: argparse.Namespace) -> None:
    """Serve until told to stop. Raises `CannotIsolate`, or `OSError` where the port is taken."""
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    egress = Egress(options.allow) if options.allow else None
    is_set = settings.sandbox_backend == "local"
    key, port = (
        (settings.sandbox_api_key.get_secret_value(), URL(settings.sandbox_url).port or 0)
        if is_set
        else ("", 0)
    )
    bridge = BridgeServer(options.data, egress=egress, api_key=key)
    await bridge.start(port)
    try:
        print(ready(bridge, settings, options.data), flush=True)
        await stopping.wait()
    finally:
        await bridge.stop()


def ready(bridge: BridgeServer, settings: Settings, data: Path) -> str:
    """Say where it listens, and what a bot that is to use it has to be told."""
    bucket = settings.sandbox_bucket
    if bucket:
        bridge.bucket(bucket)
    kept = (
        f" /data is kept in {data / 'buckets' / bucket}."
        if bucket
        else " There is no /data: SANDBOX_BUCKET is empty."
    )
    told = {"SANDBOX_BACKEND": "local", "SANDBOX_URL": bridge.url, "SANDBOX_API_KEY": bridge.api_key}
    lines = [f"{name}={value}" for name, value in told.items()]
    if settings.sandbox_backend == "local":
        return f"The sandbox bridge is ready: {bridge.url}.{kept}"
    return "\n".join(
        [
            f"The sandbox bridge is ready: {bridge.url}.{kept}",
            "Set for the bot, and for the next start:",
            *lines,
        ]
    )


def read() -> Settings:
    """Read the settings; raises `ConfigError` where they are of another bridge, or not usable."""
    settings = loading.load(used=USED)
    if settings.sandbox_backend not in ("none", "local"):
        raise ConfigError([f"SANDBOX_BACKEND is {settings.sandbox_backend}: this bridge is for local."])
    return settings


def main() -> None:
    """Run until Ctrl-C; ends with 1 or 2 and plain sentences if it cannot start."""
    parser = argparse.ArgumentParser(
        prog="countersign bridge", description=(__doc__ or "").partition("\n\n")[2]
    )
    parser.add_argument(
        "--data", type=Path, default=Path(".bridge"), help="where buckets are kept (default: .bridge)"
    )
    parser.add_argument(
        "--allow", action="append", metavar="HOST", help="a host that code may reach (again for more)"
    )
    options = parser.parse_args()
    options.data = options.data.absolute()
    try:
        asyncio.run(run(read(), options))
    except ConfigError as error:
        print("\n".join(error.problems), file=sys.stderr)
        sys.exit(2)
    except (CannotIsolate, OSError, ValueError) as error:
        sys.exit(f"The bridge could not start. {error}")


if __name__ == "__main__":
    main()
