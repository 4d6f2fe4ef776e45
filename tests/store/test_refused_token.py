"""A token that Slack does not take for a while is no answer: nothing is given up, and nothing counted."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from aiohttp import ClientSession
from cryptography.fernet import Fernet

from bot.conversation.delivery import Delivery
from bot.conversation.results import TRIES, Results
from bot.domain.approvals.channels import ApprovalChannels
from bot.domain.errors import SlackUnauthorized
from bot.domain.events import ClickTurnedAway
from bot.sandbox.gate import Gate
from bot.slack.client import Slack
from bot.slack.files import SlackFiles
from bot.slack.limiter import Limiter
from bot.slack.thumbs import Thumbs
from bot.store import client
from bot.store.sealer import Sealer
from bot.store.workspaces import Workspaces
from tests.factories import NOON, OMAR, THREAD
from tests.redis_server import RedisServer
from tests.store.test_effects import Effects
from tests.unit.slack.clock import Clock
from tests.unit.slack.workspace import ME, Fault, Workspace

REVOKED = Fault(error="token_revoked")


@pytest.fixture
async def effects(redis_server: RedisServer) -> AsyncGenerator[Effects]:
    async with client.connect(redis_server.url) as redis:
        yield Effects(redis)


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(Clock())


def slack_of(workspace: Workspace) -> Slack:
    clock = Clock()
    return Slack(workspace, Limiter(clock=clock, sleep=clock.wait), me=ME)


async def test_results_are_not_given_up_for_a_token_that_is_not_taken(
    effects: Effects, workspace: Workspace
) -> None:
    first = await effects.handling()
    await effects.inbox.release(first.claim)
    h = await effects.handling()
    assert h.attempted
    await h.save(reply=replace(h.reply, results=("out/a.csv",), uploads=TRIES - 1))
    workspace.fail("conversations.replies", REVOKED)
    async with ClientSession() as http:
        files = SlackFiles(slack_of(workspace), cast("Any", workspace), http)
        kept = Workspaces(effects.redis, effects.keys, Sealer([Fernet.generate_key().decode()]))
        with pytest.raises(SlackUnauthorized):
            await Results(kept, files, Gate()).send(h)

    assert (h.reply.results, h.reply.uploads) == (("out/a.csv",), TRIES - 1)
    assert h.remarks == []


def delivery(effects: Effects, workspace: Workspace) -> Delivery:
    clock = Clock()
    limiter = Limiter(clock=clock, sleep=clock.wait)
    nothing: Any = None  # no card is shown here
    return Delivery(
        slack_of(workspace),
        limiter,
        effects.threads,
        nothing,
        channels=ApprovalChannels(),
        now=lambda: NOON,
        thumbs=Thumbs(),
    )


async def test_what_a_person_is_told_privately_waits_for_the_token(
    effects: Effects, workspace: Workspace
) -> None:
    click = ClickTurnedAway(
        "00-1", OMAR, "T0ELSE0001", "approve", datetime(2026, 1, 1, tzinfo=UTC), "C0SUPPORT1"
    )
    saying = delivery(effects, workspace)
    for _ in range(2):
        workspace.fail("chat.postEphemeral", REVOKED)
    with pytest.raises(SlackUnauthorized):
        await saying.tell(click, "It counted for nothing.")
    with pytest.raises(SlackUnauthorized):
        await saying.whisper(THREAD, OMAR, "Later.")
