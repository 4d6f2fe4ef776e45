"""The sandboxes of the demo: a bridge on this machine, shown on the page."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from devkit.bridge.egress import Egress
from devkit.bridge.limits import Limits
from devkit.bridge.server import BridgeServer
from devkit.demo_settings import BUCKET, DOCS
from devkit.slack.server import SlackStandIn


async def start_bridge(
    stack: AsyncExitStack,
    home: Path,
    slack: SlackStandIn,
    *,
    allow: Sequence[str] = (),
    limits: Limits | None = None,
) -> BridgeServer:
    """Start a bridge that ends with `stack`, its buckets in `home`, its list of sandboxes on the page.

    `allow` are the hosts that code may reach. Raises `CannotIsolate` where this host cannot.
    """
    bridge = BridgeServer(home, limits, egress=Egress(list(allow)) if allow else None)
    await bridge.start()
    stack.push_async_callback(bridge.stop)
    slack.add_panel("sandboxes", bridge.panel)
    bridge.on_change(lambda: slack.panel_changed("sandboxes"))
    for document in DOCS.glob("*.md"):
        shutil.copy(document, bridge.bucket(f"{BUCKET}/docs"))
    return bridge
