"""The addresses at which an app answers an interaction for a while: https://docs.slack.dev/interactivity/handling-user-interaction"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from devkit.slack.block_rules import check_blocks
from devkit.slack.rules import Refusal
from devkit.slack.workspace import BOT_USER, Message, Workspace

#: How long one can be used, in seconds, and how often.
LIFE: Final = 30 * 60
USES: Final = 5
_KNOWN: Final = frozenset({"text", "blocks", "response_type", "replace_original", "delete_original"})


class ResponseUrls:
    """Makes them, and shows only to who acted what is sent there; public answers the bot never gives, so they are refused."""

    def __init__(self, workspace: Workspace, token: Callable[[], str], address: Callable[[], str]) -> None:
        self._workspace = workspace
        self._token = token
        self._address = address
        #: Who acted, where, on which private message if any, until when and how often it may be used.
        self._open: dict[str, tuple[str, str, str, float, int]] = {}

    def new(self, user: str, channel: str, private_ts: str = "") -> str:
        """An address for what this person just did, on a message that only they see where `private_ts` names it."""
        token = self._token()
        self._open[token] = (user, channel, private_ts, self._workspace.clock() + LIFE, USES)
        return f"{self._address()}/response/{token}"

    def add_routes(self, app: web.Application) -> None:
        """Listen at them."""
        app.router.add_post("/response/{token}", self._serve)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]
        user, channel, private_ts, until, uses = self._open.get(token, ("", "", "", 0.0, 0))
        if not uses or self._workspace.clock() > until:
            return web.Response(status=404, text="used_url" if user else "no_such_url")
        self._open[token] = (user, channel, private_ts, until, uses - 1)
        try:
            self._show(await request.json(), user, channel, private_ts)
        except (ValueError, Refusal):
            return web.Response(status=400, text="invalid_payload")
        return web.Response(text="ok")

    def _show(self, given: Mapping[str, Any], user: str, channel: str, private_ts: str) -> None:
        if not _KNOWN.issuperset(given) or given.get("response_type", "ephemeral") != "ephemeral":
            raise ValueError("what this stand-in does not take")
        if not (given.get("text") or given.get("blocks")):
            raise ValueError("no_text")
        blocks = check_blocks(given["blocks"]) if given.get("blocks") else None
        shown = next((m for who, m in self._workspace.ephemerals if who == user and m.ts == private_ts), None)
        if shown is not None and given.get("replace_original"):
            shown.text, shown.blocks = str(given.get("text")), blocks
            self._workspace.whispered_anew(user, shown)
        else:
            ts = self._workspace.new_ts()
            self._workspace.whisper(
                user, Message(channel, ts, BOT_USER, str(given.get("text")), None, blocks)
            )
