"""`countersign policies try`: what the policy of a tool makes of one call, and why, without Slack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn, cast

from agents import FunctionTool

from bot.agents.team import Team
from bot.agents.tools.approval import ApprovedTool
from bot.agents.tools.call_arguments import written
from bot.domain.approvals.asker import Asker, Kind
from bot.domain.approvals.condition import Call
from bot.domain.approvals.earlier import EarlierCall
from bot.domain.approvals.policy import Holds, Policy
from bot.domain.approvals.requirement import Requirement, Severity
from bot.domain.errors import BotError
from bot.domain.who_may_ask import MAY_NOT_ASK
from bot.settings.config import Settings
from bot.slack.deceptive_characters import visible
from bot.slack.rest_of_run import label
from bot.wiring.assembly import all_approved
from bot.wiring.policy_table import long

_PERSON: Final = re.compile(r"[UW][A-Z0-9]{5,20}")
_KINDS: Final = {kind.value: kind for kind in (Kind.MEMBER, Kind.GUEST, Kind.STRANGER)}
#: The moment of a trial: nothing depends on which.
_NOW: Final = datetime.fromtimestamp(1_700_000_000, UTC)
_CHANNEL: Final = re.compile(r"[CGD][A-Z0-9]{5,20}")


class CannotTry(BotError):
    """There is no such call."""


def trial(settings: Settings, team: Team[Any], call: Call) -> Iterator[str]:
    """Say, line by line, what becomes of a call. Raises `CannotTry` where the bot would not get as far as to ask."""
    tools = {tool.tool.name: tool for tool in all_approved(settings, team)}
    if call.tool not in tools:
        yield from _without_policy(team, call.tool, sorted(tools))
        return
    tool = tools[call.tool]
    call = replace(call, title=tool.title)
    _check(tool, call.arguments)
    yield f"{call.tool}, asked for by {call.requester} in {call.channel}"
    yield ""
    if (admitted := tool.policy.admits(call)) is not Holds.YES:
        yield f"  {tool.policy.may_ask.text}, for them to ask at all: {admitted.value}"
        yield ""
        yield f"Nobody is asked, and nothing is done: {MAY_NOT_ASK[call.asker.kind]}."
        return
    yield from _rules(tool.policy, call)
    if tool.policy.looks and not call.earlier:
        yield "Nothing is taken to have been made before; --before names calls."
    needs = tool.policy.requirements(call)
    if not needs:
        yield "Nobody is asked: it goes on at once."
        return
    for one in needs:
        yield from _asked(settings, one, call.requester)
    yield from _offers(tool, call, needs)


def read_call(
    tool: str, arguments: str, requester: str, channel: str, *, who: str = "member", before: str = "[]"
) -> Call:
    """Read a call as it is written on a command line. Raises `CannotTry`.

    `who` says what the person is, `before` are the arguments of calls that they have made a moment ago.
    """
    if who not in _KINDS:
        raise CannotTry(f"--who: one of {', '.join(sorted(_KINDS))}")
    if not _PERSON.fullmatch(requester):
        raise CannotTry("--as: the id of a person in Slack begins with U or W, such as U0ANA00001")
    if not _CHANNEL.fullmatch(channel):
        raise CannotTry("--in: the id of a channel in Slack begins with C, G or D, such as C0SUPPORT1")
    earlier = [EarlierCall(str(number), _NOW, requester, one) for number, one in enumerate(_before(before))]
    return Call(tool, _arguments(arguments), requester, channel, Asker(_KINDS[who]), earlier, _NOW)


def _before(text: str) -> Sequence[Mapping[str, Any]]:
    try:
        read: Any = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, list) or not all(isinstance(one, dict) for one in cast("list[Any]", read)):
        raise CannotTry("--before: the arguments of earlier calls are a JSON list of objects, in []")
    return cast("list[dict[str, Any]]", read)


def _arguments(text: str) -> Mapping[str, Any]:
    try:
        read: Any = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, _Twice) else "this is not JSON"
        raise CannotTry(f'--args: {why}; write \'{{"amount": "29.00"}}\', say') from None
    if not isinstance(read, dict):
        raise CannotTry("--args: the arguments of a call are one JSON object, in {}")
    return cast("dict[str, Any]", read)


class _Twice(ValueError):
    """A name is there twice, and nobody can tell which value is meant."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise _Twice(f"{_shown(twice)} is there twice")
    return dict(pairs)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _check(tool: ApprovedTool, arguments: Mapping[str, Any]) -> None:
    known: Mapping[str, Any] = tool.form.schema.get("properties", {})
    wrong = {name: "the tool has no such argument" for name in arguments if name not in known}
    for name, why in tool.form.problems(arguments).items():
        wrong.setdefault(name, why[:1].lower() + why[1:])
    if wrong:
        told = "; ".join(f"{_shown(name)}: {_shown(why)}" for name, why in wrong.items())
        raise CannotTry(f"--args: {tool.tool.name} takes no such call, so nobody would be asked. {told}")


def _without_policy(team: Team[Any], name: str, approved: Sequence[str]) -> Iterator[str]:
    plain = sorted(
        {tool.name for one in team.specialists for tool in one.plain if isinstance(tool, FunctionTool)}
    )
    if name not in plain:
        there = ", ".join([*approved, *plain])
        raise CannotTry(f"No agent has a tool called {_shown(name)}. There are: {there or 'none'}")
    yield f"{name} has no policy: nobody is ever asked about it."


def _rules(policy: Policy, call: Call) -> Iterator[str]:
    if not policy.rules:
        yield "Its policy has no rules."
    width = max((len(rule.when.text) for rule in policy.rules), default=0)
    for rule in policy.rules:
        needs = f"{rule.requirement.quorum} of {rule.requirement.role}"
        yield f"  {rule.when.text.ljust(width)}  {needs}: {rule.judge(call).value}"
    yield ""


def _asked(settings: Settings, one: Requirement, requester: str) -> Iterator[str]:
    named = settings.approvers.get(one.role, [])
    yield f"Asked: {one.quorum} of {one.role}{', high stakes' if one.severity is Severity.HIGH else ''}"
    yield f"  why       {_shown(one.why)}"
    yield f"  who       {_who(named, requester)}"
    deadline = one.expires_after or settings.approval_ttl
    reminder = f", first reminder after {long(one.remind_after)}" if one.remind_after else ""
    yield f"  time      {long(deadline)}{reminder}"
    if one.escalate_to:
        yield f"  backup    {_backup(settings, one, deadline)}"


def _who(named: Sequence[str], requester: str) -> str:
    """Name the people and groups; who is in a group only Slack knows."""
    others = [name for name in named if name != requester]
    if not named:
        return "nobody: APPROVERS names no one for this role, so nobody can decide"
    if not others:
        return f"nobody: only {requester} is named, who may not decide what they asked for"
    groups = " and who is in that group by then" if any(name.startswith("S") for name in others) else ""
    return f"{', '.join(others)}{groups}, but never {requester}"


def _backup(settings: Settings, one: Requirement, deadline: timedelta) -> str:
    named = ", ".join(settings.approvers.get(one.escalate_to, [])) or "nobody"
    return f"{one.escalate_to} ({named}) as well, after {long(one.escalate_after or deadline / 2)}"


def _offers(tool: ApprovedTool, call: Call, needs: Sequence[Requirement]) -> Iterator[str]:
    policy = tool.policy
    bound = tool.offers(written(tool.form, call.arguments)).bound
    if policy.editable:
        yield f"They may change: {', '.join(policy.editable)}."
    if bound and all(one.severity < Severity.HIGH for one in needs):
        yield f"They may agree for the rest of the run: “{label(bound)}”."
    if policy.reason_required:
        yield "A rejection needs a reason."


def _shown(text: str) -> str:
    """Keep what an author or a caller wrote from steering the terminal."""
    return visible(text, keep="")
