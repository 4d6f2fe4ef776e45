"""What the settings make of the agents: their models, tools, policies and limits."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from agents import Tool

from bot.agents.addressee import ADDRESSEE, Addressee
from bot.agents.engine import Engine, Limits
from bot.agents.guardrail import GUARD, Guard
from bot.agents.handoffs import Kit, Member, Voice
from bot.agents.models import Models, ModelSpec, Provider, first_silence
from bot.agents.models import settings as model_settings
from bot.agents.note_taker import NOTES, NoteTaker
from bot.agents.prices import Prices
from bot.agents.team import TRIAGE, Specialist, Team
from bot.agents.tools import docs, pages
from bot.agents.tools.approval import ApprovedTool
from bot.agents.tools.docs import Documents, search_tool
from bot.agents.tools.pages import Pages, page_tool
from bot.agents.tools.shell import SHELL, commands, shell_tool
from bot.domain.approvals.policy import Policy
from bot.domain.sources import Sources
from bot.domain.tiers import Tier
from bot.domain.usage import Kind, Tokens
from bot.settings.config import ConfigError, Settings

log = logging.getLogger(__name__)

#: Words for the calls of tools that come with the bot and the SDK.
OWN_STEPS: Final = {
    "search_docs": docs.STEP,
    "summarize_url": pages.STEP,
    "apply_patch": "Changing files",
    "view_image": "Looking at a picture",
}


def providers(settings: Settings) -> dict[str, Provider]:
    """The model servers, by the names that model settings use."""
    return {
        "openai": Provider(settings.openai_base_url, settings.openai_api_key.get_secret_value()),
        "deepseek": Provider(settings.deepseek_base_url, settings.deepseek_api_key.get_secret_value()),
        "chat": Provider(settings.chat_base_url, settings.chat_api_key.get_secret_value()),
    }


def all_approved(settings: Settings, team: Team[Any]) -> list[ApprovedTool]:
    """Every tool that may wait for people: the team's, and the commands of those who work in a sandbox.

    Raises `ConfigError` where the team has a tool of the same name as the bot's own.
    """
    shell = shell_of(settings, team)
    names = {tool.tool.name for tool in team.approved}
    if shell is not None and shell.tool.name in names:
        raise ConfigError(
            [f"The team {team.name} has a tool called {shell.tool.name}: that name is the bot's own."]
        )
    return [*team.approved, *([shell] if shell else [])]


def shell_of(settings: Settings, team: Team[Any]) -> ApprovedTool | None:
    """The tool that runs commands; None where nobody works in a sandbox, or there is none."""
    policy = _shell(settings)
    if policy is None or not any(one.sandbox for one in team.specialists):
        return None
    return shell_tool(policy)


def _shell(settings: Settings) -> Policy | None:
    if settings.sandbox_backend == "none":
        return None
    longest = timedelta(minutes=settings.shell_ask_minutes)
    return commands(settings.shell_role, matching=settings.shell_ask, longer_than=longest)


def build_engine(
    settings: Settings, models: Models, sources: Sources, team: Team[Any], approved: Sequence[ApprovedTool]
) -> Engine:
    """Choose models, tools and limits."""
    shell = next((tool for tool in approved if tool.tool.name == SHELL), None)
    kit = Kit(
        triage=_voice(models, ModelSpec.parse(settings.models.triage), TRIAGE),
        members=[_member(settings, models, one) for one in team.specialists if shell or not one.sandbox],
        approved=approved,
        lookups=_lookups(settings),
        about=team.about,
        shell=shell,
        steps=steps_of(team, approved),
        raised=_raised(settings, models, settings.models.triage, TRIAGE),
    )
    traced = bool(settings.traces_endpoint)
    limits = Limits(settings.max_turns, settings.history_tokens, settings.tracing_key, traced)
    guard = ModelSpec.parse(settings.models.guard)
    each = first_silence(settings.model_silence_seconds)
    frontier = ModelSpec.parse(settings.models.frontier)
    judge = Guard(
        models.model(guard, GUARD, kind=Kind.GUARD),
        guard,
        failure=settings.guard_failure,
        timeout=each,
        second=(models.model(frontier, GUARD, kind=Kind.GUARD), frontier) if frontier != guard else None,
        metrics=models.metrics,
    )
    return Engine(kit, judge, limits, token=sources.token)


def insist_on_prices(settings: Settings, team: Team[Any], prices: Prices, now: datetime) -> None:
    """Raise `ConfigError` where a budget is set and the price of a model is not known: nobody could keep it."""
    if not settings.budgets.by_scope():
        return
    names, served = settings.models, providers(settings)
    fixed = {names.triage, names.guard, names.notes, names.frontier}
    used = {*fixed, *(model_of(settings, one) for one in team.specialists)}
    unknown: list[str] = []
    for spec in map(ModelSpec.parse, sorted(used - {""})):
        price = prices.of(spec.provider, spec.name, served[spec.provider].base_url)
        if price(Tokens(input=1, output=1), now) is None:
            unknown.append(str(spec))
    if unknown:
        raise ConfigError(
            [
                f"A budget is set, but no price of {spec} is known: give it in MODEL_PRICES."
                for spec in unknown
            ]
        )


def insist_on_names(settings: Settings, team: Team[Any]) -> None:
    """Raise `ConfigError` where a model is named for a specialist whom the team does not have: it would be used by nobody."""
    own = {one.name for one in team.specialists}
    if unknown := sorted(settings.specialist_models.keys() - own):
        said = ", ".join(map(repr, unknown))
        raise ConfigError(
            [f"SPECIALIST_MODELS names {said}: the team {team.name} has {', '.join(sorted(own))}."]
        )


def steps_of(team: Team[Any], approved: Sequence[ApprovedTool]) -> dict[str, str]:
    """The words for calls, by the tool's name: a specialist's own before a tool's."""
    steps = {**OWN_STEPS, **{one.tool.name: one.step for one in approved if one.step}}
    for one in team.specialists:
        steps |= one.steps
    return steps


def note_taker(settings: Settings, models: Models) -> NoteTaker:
    """Who keeps the notes of long conversations."""
    spec = ModelSpec.parse(settings.models.notes)
    model = models.model(spec, NOTES, kind=Kind.SUMMARY)
    return NoteTaker(model, spec, timeout=first_silence(settings.model_silence_seconds))


def build_addressee(settings: Settings, models: Models) -> Addressee:
    """Who is asked whom a message is for: the model that checks messages."""
    spec = ModelSpec.parse(settings.models.guard)
    return Addressee(models.model(spec, ADDRESSEE, kind=Kind.GUARD), spec)


def _member(settings: Settings, models: Models, specialist: Specialist) -> Member:
    spec, name = ModelSpec.parse(model_of(settings, specialist)), specialist.name
    raised = _raised(settings, models, str(spec), name) if tier_of(settings, specialist) else None
    # The same file tools whichever of its models speaks: a saved run may have called one.
    patches = spec.speaks_responses and (
        not raised or ModelSpec.parse(settings.models.frontier).speaks_responses
    )
    return Member(specialist, _voice(models, spec, name), patches, raised)


def tier_of(settings: Settings, specialist: Specialist) -> Tier | None:
    """The tier of a specialist, as the settings or else its team say; None for one whose very model the settings name."""
    named = settings.specialist_models.get(specialist.name) or specialist.tier
    return Tier(named) if named in set(Tier) else None


def model_of(settings: Settings, specialist: Specialist) -> str:
    """The model of a specialist: the one that the settings name for it, or the one of its tier."""
    of_tier = {Tier.ECONOMY: settings.models.economy, Tier.FRONTIER: settings.models.frontier}
    tier = tier_of(settings, specialist)
    return of_tier[tier] if tier else settings.specialist_models[specialist.name]


def _raised(settings: Settings, models: Models, usual: str, agent: str) -> Voice | None:
    """What an agent of the economy tier is raised to; None where it speaks with that anyway, or nothing is raised."""
    frontier = settings.models.frontier
    if usual == frontier or not settings.frontier_answers:
        return None
    return _voice(models, ModelSpec.parse(frontier), agent)


def _voice(models: Models, spec: ModelSpec, agent: str) -> Voice:
    return Voice(models.model(spec, agent), model_settings(spec))


def _lookups(settings: Settings) -> list[Tool]:
    """What Triage answers from."""
    tools: list[Tool] = [page_tool(Pages())] if settings.read_pages else []
    if settings.docs_folder is not None:
        documents = Documents(settings.docs_folder)
        log.info("documents indexed", extra={"sections": len(documents)})
        tools.append(search_tool(documents))
    return tools
