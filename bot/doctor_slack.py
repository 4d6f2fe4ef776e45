"""The doctor's questions to Slack: tokens, scopes, approvers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable

import aiohttp
from pydantic import BaseModel, SecretStr, ValidationError

from bot.config import Settings
from bot.findings import UNREACHABLE, Finding

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


class Answer(BaseModel):
    """The parts of Slack's answers that the doctor reads."""

    ok: bool
    error: str = ""
    user: Person | str = ""
    team: str = ""
    team_id: str = ""
    user_id: str = ""
    users: list[str] = []


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
    if missing := sorted(SCOPES - granted):
        return Finding.failed(
            f"The Slack app lacks scopes: {', '.join(missing)}. Add them and reinstall the app."
        )
    return Finding.ok("The Slack app has every scope it needs.")


async def check_approvers(
    http: aiohttp.ClientSession, settings: Settings, roles: Iterable[str]
) -> AsyncIterator[Finding]:
    """Look up everybody who may decide; people who would not count are failures.

    `roles` are those that policies ask for.
    """
    for role in sorted(roles):
        if not settings.approvers.get(role):
            yield Finding.warning(f"APPROVERS lists nobody for {role}: nobody can approve what needs {role}.")
    for role, members in settings.approvers.items():
        for member in members:
            who = f"Approver {member} of {role}"
            try:
                look_up = _group if member.startswith("S") else _person
                yield await look_up(http, settings, who, member)
            except Refused as refused:
                yield Finding.failed(f"{who}: {_why(refused)}.")


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
        async with http.post(url, headers=headers, data=form) as response:
            answer = Answer.model_validate_json(await response.read())
    except (*UNREACHABLE, ValidationError):
        raise Refused("") from None
    if not answer.ok:
        raise Refused(answer.error)
    scopes = response.headers.get("x-oauth-scopes", "")
    return answer, frozenset(scope.strip() for scope in scopes.split(","))


def _why(refused: Refused) -> str:
    """Repeat the code only if it has the form of one."""
    if not refused.code:
        return "Slack did not answer at SLACK_API_BASE_URL"
    known = re.fullmatch(r"[a-z0-9_]{1,60}", refused.code)
    return f"Slack answers {refused.code}" if known else "Slack refused"


def _plain(name: object) -> str:
    """Keep a name from bringing control characters into the terminal."""
    return "".join(letter for letter in str(name) if letter.isprintable())[:80]
