"""What the settings make of the agents: their models, tools, policies and limits."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

import aiohttp
from agents import Tool

from bot.agents.engine import Engine, Limits
from bot.agents.guardrail import Guard
from bot.agents.models import Models, ModelSpec, Provider
from bot.agents.models import settings as model_settings
from bot.agents.team import CodeKit, Kit, Voice
from bot.agents.tools import approved_tools, read_tools
from bot.agents.tools.approval import ApprovedTool
from bot.agents.tools.docs import Documents, search_tool
from bot.agents.tools.pages import Pages, page_tool
from bot.agents.tools.shell import SHELL, commands
from bot.config import Settings
from bot.policy import Policy
from bot.sandbox.backend import GRACE
from bot.sandbox.bridge import Bridge
from bot.sandbox.docker import Docker
from bot.sandbox.host import Host
from bot.sources import Sources

log = logging.getLogger(__name__)


def providers(settings: Settings) -> dict[str, Provider]:
    """The model servers, by the names that model settings use."""
    return {
        "openai": Provider(settings.openai_base_url, settings.openai_api_key.get_secret_value()),
        "deepseek": Provider(settings.deepseek_base_url, settings.deepseek_api_key.get_secret_value()),
        "chat": Provider(settings.chat_base_url, settings.chat_api_key.get_secret_value()),
    }


def all_approved(settings: Settings, tools: Sequence[ApprovedTool] = ()) -> list[ApprovedTool]:
    """Every tool with a side effect: the bot's own, and those that come on top."""
    own = approved_tools(
        refund_approval_over=settings.refund_approval_over,
        refund_two_over=settings.refund_two_over,
        shell=_shell(settings),
    )
    return [*own, *tools]


def _shell(settings: Settings) -> Policy | None:
    if settings.sandbox_backend == "none":
        return None
    longest = timedelta(minutes=settings.shell_ask_minutes)
    return commands(settings.shell_role, matching=settings.shell_ask, longer_than=longest)


def sandbox_host(settings: Settings, http: aiohttp.ClientSession) -> Host | None:
    """Who makes sandboxes; None where there are none."""
    match settings.sandbox_backend:
        case "none":
            return None
        case "docker":
            return Docker(
                url=settings.sandbox_url,
                image=settings.sandbox_image,
                lifetime=settings.sandbox_limits.run + GRACE,
                largest=settings.sandbox_limits.kept,
            )
        case "local" | "cloudflare":
            key = settings.sandbox_api_key.get_secret_value()
            return Bridge(
                http,
                url=settings.sandbox_url,
                api_key=key,
                bucket=settings.sandbox_bucket,
                largest=settings.sandbox_limits.kept,
            )


def build_engine(
    settings: Settings, models: Models, sources: Sources, approved: Sequence[ApprovedTool]
) -> Engine:
    """Choose models, tools and limits."""
    triage, billing, guard = (
        ModelSpec.parse(text)
        for text in (settings.models.triage, settings.models.billing, settings.models.guard)
    )
    kit = Kit(
        triage=Voice(models.model(triage), model_settings(triage)),
        billing=Voice(models.model(billing), model_settings(billing)),
        tools=read_tools(),
        approved=[tool for tool in approved if tool.tool.name != SHELL],
        lookups=_lookups(settings),
        code=_code(settings, models, approved),
    )
    tracing_key = settings.openai_api_key.get_secret_value() if settings.tracing else ""
    limits = Limits(settings.max_turns, settings.history_items, tracing_key)
    judge = Guard(models.model(guard), guard, failure=settings.guard_failure)
    return Engine(kit, judge, limits, token=sources.token)


def _lookups(settings: Settings) -> list[Tool]:
    """What Triage answers from."""
    tools: list[Tool] = [page_tool(Pages())] if settings.read_pages else []
    if settings.docs_folder is not None:
        documents = Documents(settings.docs_folder)
        log.info("documents indexed", extra={"sections": len(documents)})
        tools.append(search_tool(documents))
    return tools


def _code(settings: Settings, models: Models, approved: Sequence[ApprovedTool]) -> CodeKit | None:
    """What Developer is made of, where there is a sandbox."""
    shell = next((tool for tool in approved if tool.tool.name == SHELL), None)
    if shell is None:
        return None
    spec = ModelSpec.parse(settings.models.developer)
    return CodeKit(Voice(models.model(spec), model_settings(spec)), shell, patches=spec.speaks_responses)
