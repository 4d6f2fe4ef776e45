"""Who may call what: tokens, and the scopes the manifest asks for."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from devkit.slack.shapes import Channel, Refusal

SCOPES = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "users.info": "users:read",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "conversations.open": "im:write",
}
#: The scope of these depends on the kind of channel.
_BY_CHANNEL = {
    "conversations.replies": "history",
    "conversations.history": "history",
    "conversations.info": "read",
    "conversations.members": "read",
}


class Access:
    """The tokens of this start and the scopes of the bot's."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self.bot_token = f"xoxb-devkit-{secrets.token_hex(12)}"
        self.app_token = f"xapp-1-devkit-{secrets.token_hex(12)}"
        self.scopes: list[str] = list(manifest["oauth_config"]["scopes"]["bot"])

    def check_token(self, method: str, token: str) -> None:
        """Raises `Refusal` unless `token` may call `method` at all."""
        if not token:
            raise Refusal("not_authed")
        if token not in (self.bot_token, self.app_token):
            raise Refusal("invalid_auth")
        if (token == self.app_token) != (method == "apps.connections.open"):
            raise Refusal("not_allowed_token_type")

    def check_scope(self, method: str, channel: Channel | None) -> None:
        """Raises `Refusal` if the scope of `method` was not granted."""
        needed = SCOPES.get(method)
        if method in _BY_CHANNEL:
            kind = "im" if channel and channel.is_im else "channels"
            needed = f"{kind}:{_BY_CHANNEL[method]}"
        if needed and needed not in self.scopes:
            raise Refusal("missing_scope", needed=needed, provided=",".join(self.scopes))
