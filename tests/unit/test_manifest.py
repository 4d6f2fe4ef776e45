"""`manifest.yml` grants what the handlers and the client use: no less, and no more."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk.web.async_client import AsyncWebClient

from bot import handlers
from bot.handlers import messages
from bot.operations.doctor_slack import SCOPES

ROOT = Path(__file__).parents[2]
EVENT_SCOPES = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
}
#: The scope of each Web API method that the bot may call; None where a token is enough.
METHOD_SCOPES = {
    "apps_connections_open": None,
    "auth_test": None,
    "chat_delete": "chat:write",
    "chat_postEphemeral": "chat:write",
    "chat_postMessage": "chat:write",
    "chat_appendStream": "chat:write",
    "chat_startStream": "chat:write",
    "chat_stopStream": "chat:write",
    "chat_update": "chat:write",
    "conversations_history": "channels:history",
    "conversations_info": ("channels:read", "groups:read", "im:read", "mpim:read"),
    "conversations_open": "im:write",
    "conversations_replies": "channels:history",
    "files_info": "files:read",
    "files_upload_v2": "files:write",
    "usergroups_list": "usergroups:read",
    "usergroups_users_list": "usergroups:read",
    "users_conversations": ("channels:read", "groups:read", "im:read", "mpim:read"),
    "users_info": "users:read",
    "views_open": None,
    "views_publish": None,
}


class Listeners:
    """Stands in for Bolt's app: remembers what is listened to."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, object]] = []

    def __getattr__(self, kind: str) -> Callable[[object], Callable[[object], object]]:
        def listen(constraint: object) -> Callable[[object], object]:
            self.seen.append((kind, constraint))
            return lambda function: function

        return listen

    def of(self, kind: str) -> list[str]:
        return sorted(name for seen, name in self.seen if seen == kind and isinstance(name, str))


@pytest.fixture
def listeners() -> Listeners:
    listeners = Listeners()
    handlers.register(listeners, None, None)  # pyright: ignore[reportArgumentType]
    return listeners


@pytest.fixture
def manifest() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))


def test_the_manifest_subscribes_to_the_events_that_are_listened_to(
    manifest: dict[str, Any], listeners: Listeners
) -> None:
    subscribed = manifest["settings"]["event_subscriptions"]["bot_events"]

    assert tuple(subscribed) == handlers.EVENTS
    heard = sorted([*listeners.of("event"), *messages.EVENTS])
    assert sorted({event.partition(".")[0] for event in subscribed}) == heard


def test_the_manifest_has_the_commands_that_are_listened_to(
    manifest: dict[str, Any], listeners: Listeners
) -> None:
    commands = [command["command"] for command in manifest["features"]["slash_commands"]]

    assert tuple(commands) == handlers.COMMANDS
    assert sorted(commands) == listeners.of("command")


def test_the_manifest_has_the_shortcuts_that_are_listened_to(
    manifest: dict[str, Any], listeners: Listeners
) -> None:
    shortcuts = manifest["features"]["shortcuts"]

    assert {shortcut["type"] for shortcut in shortcuts} == {"message"}
    assert tuple(shortcut["callback_id"] for shortcut in shortcuts) == handlers.MESSAGE_SHORTCUTS
    assert sorted(handlers.MESSAGE_SHORTCUTS) == listeners.of("shortcut")


def test_the_manifest_grants_what_is_used_and_nothing_else(manifest: dict[str, Any]) -> None:
    scopes = manifest["oauth_config"]["scopes"]
    used = {scope for event in handlers.EVENTS if (scope := EVENT_SCOPES[event]) is not None}
    used |= {"commands", "files:read"}  # the latter for the addresses of attached files
    for needed in METHOD_SCOPES.values():
        used |= {needed} if isinstance(needed, str) else set(needed or ())

    assert set(scopes) == {"bot"}
    assert sorted(scopes["bot"]) == sorted(used) == sorted(SCOPES)


def test_the_methods_that_the_bot_calls_are_the_ones_whose_scopes_are_stated() -> None:
    methods = {name for name in vars(AsyncWebClient) if "_" in name.strip("_")}
    called = {
        node.attr
        for path in (ROOT / "bot").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in methods
    }

    assert called == set(METHOD_SCOPES)


def test_the_socket_and_the_buttons_are_switched_on(manifest: dict[str, Any]) -> None:
    settings = manifest["settings"]

    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"]["is_enabled"] is True
    assert settings["token_rotation_enabled"] is False


def test_names_fit_into_what_slack_allows(manifest: dict[str, Any]) -> None:
    # https://docs.slack.dev/reference/app-manifest
    features = manifest["features"]
    information = manifest["display_information"]

    assert len(information["name"]) <= 35
    assert len(information["description"]) <= 140
    assert all(len(s["name"]) <= 24 and len(s["description"]) <= 150 for s in features["shortcuts"])
    assert all(c["command"].startswith("/") and len(c["command"]) <= 32 for c in features["slash_commands"])
