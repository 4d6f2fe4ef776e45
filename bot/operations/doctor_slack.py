"""The doctor's questions to Slack: tokens, scopes, approvers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from http import HTTPStatus
from typing import Final

import aiohttp
from pydantic import BaseModel, SecretStr, ValidationError

from bot.domain.finding import Finding
from bot.operations.reachable import UNREACHABLE
from bot.settings.config import Settings

#: What the bot needs to be granted; a test holds it equal to `manifest.yml`.
SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "mpim:history",
        "mpim:read",
        "usergroups:read",
        "users:read",
    }
)
#: What Slack answers of somebody who is not there.
NOBODY: Final = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
#: How often a call is made in all where Slack asks for pauses, and the longest that is kept, in seconds.
TRIES: Final = 4
LONGEST_PAUSE: Final = 30


class Person(BaseModel):
    """What Slack says of a user, as far as it decides whether a click counts."""

    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False

    @property
    def unfit(self) -> str | None:
        """Why this person's click would not count, or None."""
        reasons = {
            "is deactivated": self.deleted,
            "is a bot": self.is_bot,
            "is a guest": self.is_restricted or self.is_ultra_restricted,
            "is of another workspace": self.is_stranger,
        }
        return next((reason for reason, applies in reasons.items() if applies), None)


class Channel(BaseModel):
    """What Slack says of a channel, as far as it decides whether cards can be posted there."""

    name: str = ""
    is_member: bool = False
    is_archived: bool = False


class Answer(BaseModel):
    """The parts of Slack's answers that the doctor reads."""

    ok: bool
    error: str = ""
    user: Person | str = ""
    team: str = ""
    team_id: str = ""
    user_id: str = ""
    users: list[str] = []
    channel: Channel | str = ""


class Refused(Exception):
    """Slack said no, with this code; or, with "", it said nothing that can be read."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def check_tokens(http: aiohttp.ClientSession, settings: Settings) -> AsyncIterator[Finding]:
    """Ask Slack whose the bot token is and what it may do, and for a socket for the app token."""
    try:
        answer, scopes = await _ask(http, settings, "auth.test", settings.slack_bot_token)
    except Refused as refused:
        yield Finding.failed(f"SLACK_BOT_TOKEN: {_why(refused)}.")
    else:
        yield Finding.ok(f"The bot token works: {_plain(answer.user)} in {_plain(answer.team)}.")
        yield _judge_scopes(scopes)
    try:
        await _ask(http, settings, "apps.connections.open", settings.slack_app_token)
    except Refused as refused:
        hint = " It needs the scope connections:write." if refused.code == "missing_scope" else ""
        yield Finding.failed(f"SLACK_APP_TOKEN: {_why(refused)}.{hint}")
    else:
        yield Finding.ok("The app token opens a socket.")


async def who_am_i(http: aiohttp.ClientSession, settings: Settings) -> tuple[str, str]:
    """Ask Slack for the ids of the bot's workspace and of the bot. Raises `Refused`."""
    answer, _ = await _ask(http, settings, "auth.test", settings.slack_bot_token)
    return answer.team_id, answer.user_id


def _judge_scopes(granted: frozenset[str]) -> Finding:
    if not granted:  # a token without any cannot even be asked who it is: a proxy keeps the header
        return Finding.warning(
            "The scopes of the Slack app could not be read: the answer names none. Compare them with manifest.yml."
        )
    if missing := sorted(SCOPES - granted):
        return Finding.failed(
            f"The Slack app lacks scopes: {', '.join(missing)}. Add them and reinstall the app."
        )
    return Finding.ok("The Slack app has every scope it needs.")


async def check_approvers(
    http: aiohttp.ClientSession, settings: Settings, roles: Collection[str]
) -> AsyncIterator[Finding]:
    """Look up everybody who may decide; people who would not count are failures.

    `roles` are those that policies ask for.
    """
    for role in sorted(roles):
        if not settings.approvers.get(role):
            yield Finding.failed(f"APPROVERS lists nobody for {role}: nobody can approve what needs {role}.")
    of_settings = {settings.shell_role, settings.usage_role, settings.budget_role}
    for role in sorted(set(settings.approvers) - {*roles, *of_settings}):
        yield Finding.warning(f"APPROVERS lists people for {role}, which no policy asks for: is it misspelt?")
    for role, members in settings.approvers.items():
        for member in members:
            who = f"Approver {member} of {role}"
            try:
                look_up = _group if member.startswith("S") else _person
                yield await look_up(http, settings, who, member)
            except Refused as refused:
                yield Finding.failed(f"{who}: {_why(refused)}.")


async def check_channels(
    http: aiohttp.ClientSession, settings: Settings, roles: Iterable[str]
) -> AsyncIterator[Finding]:
    """Look up every channel in which people are asked: the bot has to be in it.

    `roles` are those that policies ask for.
    """
    channels = settings.approval_channels
    named = sorted({*roles, *settings.approvers})
    for channel in channels.every:
        asked = ", ".join(channels.asked_in(channel, named))
        who = f"Approvals channel {channel}{f' of {asked}' if asked else ''}"
        try:
            yield await _channel(http, settings, who, channel)
        except Refused as refused:
            hint = ""
            if refused.code == "channel_not_found":
                hint = " It does not exist, or is private and the bot was not invited."
            yield Finding.failed(f"{who}: {_why(refused)}.{hint}")


async def _channel(http: aiohttp.ClientSession, settings: Settings, who: str, channel: str) -> Finding:
    answer, _ = await _ask(http, settings, "conversations.info", settings.slack_bot_token, channel=channel)
    if not isinstance(answer.channel, Channel):
        raise Refused("")
    if answer.channel.is_archived:
        return Finding.failed(f"{who} is archived, so cards cannot be posted there.")
    if not answer.channel.is_member:
        return Finding.failed(f"{who}: the bot is not in it. Invite it there.")
    return Finding.ok(f"{who} is #{_plain(answer.channel.name)}, and the bot is in it.")


async def members_of(http: aiohttp.ClientSession, settings: Settings, named: str) -> list[str]:
    """Ask Slack who is in a user group; a person is their own. Raises `Refused`."""
    if not named.startswith("S"):
        return [named]
    answer, _ = await _ask(http, settings, "usergroups.users.list", settings.slack_bot_token, usergroup=named)
    return answer.users


async def counts(http: aiohttp.ClientSession, settings: Settings, user: str) -> bool:
    """Ask Slack whether a person's click would count. Raises `Refused`."""
    try:
        answer, _ = await _ask(http, settings, "users.info", settings.slack_bot_token, user=user)
    except Refused as refused:
        if refused.code in NOBODY:
            return False
        raise
    return isinstance(answer.user, Person) and answer.user.unfit is None


async def _group(http: aiohttp.ClientSession, settings: Settings, who: str, group: str) -> Finding:
    answer, _ = await _ask(http, settings, "usergroups.users.list", settings.slack_bot_token, usergroup=group)
    if not answer.users:
        return Finding.failed(f"{who} is an empty group.")
    return Finding.ok(f"{who} is a group of {len(answer.users)}.")


async def _person(http: aiohttp.ClientSession, settings: Settings, who: str, user: str) -> Finding:
    answer, _ = await _ask(http, settings, "users.info", settings.slack_bot_token, user=user)
    if not isinstance(answer.user, Person):
        raise Refused("")
    if unfit := answer.user.unfit:
        return Finding.failed(f"{who} {unfit}, so their click would not count.")
    return Finding.ok(f"{who} can decide.")


async def _ask(
    http: aiohttp.ClientSession, settings: Settings, method: str, token: SecretStr, **form: str
) -> tuple[Answer, frozenset[str]]:
    """Call one method: the answer and the scopes that the token has. Raises `Refused`."""
    url = f"{settings.slack_api_base_url.rstrip('/')}/{method}"
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    try:
        response, body = await _posted(http, url, headers, form)
        answer = Answer.model_validate_json(body)
    except (*UNREACHABLE, ValidationError):
        raise Refused("") from None
    if not answer.ok:
        raise Refused(answer.error)
    scopes = response.headers.get("x-oauth-scopes", "").split(",")
    return answer, frozenset(scope.strip() for scope in scopes if scope.strip())


async def _posted(
    http: aiohttp.ClientSession, url: str, headers: Mapping[str, str], form: Mapping[str, str]
) -> tuple[aiohttp.ClientResponse, bytes]:
    """Call Slack, and again after each pause that it asks for: who has asked too often has not heard of nobody."""
    tries = TRIES
    while True:
        async with http.post(url, headers=headers, data=form) as response:
            body = await response.read()
        tries, pause = tries - 1, response.headers.get("Retry-After", "")
        if not (tries and response.status == HTTPStatus.TOO_MANY_REQUESTS and pause.isdigit()):
            return response, body
        await asyncio.sleep(min(int(pause), LONGEST_PAUSE))


def _why(refused: Refused) -> str:
    """Repeat the code only if it has the form of one."""
    if not refused.code:
        return "Slack did not answer at SLACK_API_BASE_URL"
    known = re.fullmatch(r"[a-z0-9_]{1,60}", refused.code)
    return f"Slack answers {refused.code}" if known else "Slack refused"


def _plain(name: object) -> str:
    """Keep a name from bringing control characters into the terminal."""
    return "".join(letter for letter in str(name) if letter.isprintable())[:80]
