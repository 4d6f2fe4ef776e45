"""A token that Slack does not take for a while, and a Slack that is busy at the start: nothing is lost."""

from __future__ import annotations

import logging

import pytest

from bot.domain.errors import CannotStart
from bot.slack import token_access
from devkit.demo import free_ports
from devkit.slack import sockets
from devkit.slack.api import ApiCall
from tests.readiness import readiness
from tests.tools import give_money, gives, scripted
from tests.world import ANA, BOT_USER, OMAR, SUPPORT, World


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_access, "AGAIN", 0.2)
    monkeypatch.setattr(sockets, "ACK", 1.0)


def refused_calls(world: World) -> list[ApiCall]:
    return [one for one in world.slack.calls if not one.answer["ok"]]


def questions(world: World) -> int:
    """How often the bot has asked whether its token is taken again, in vain."""
    return sum(one.method == "auth.test" for one in refused_calls(world))


def refusals(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if "slack refuses a token" in one.getMessage()]


@pytest.mark.parametrize("code", ["token_revoked", "account_inactive"])
async def test_what_comes_while_the_token_is_refused_is_answered_when_it_is_taken_again(
    world: World, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    (port,) = free_ports(1)
    scripted(world, gives("29.00"))
    async with world.bot(give_money(), HEALTH_PORT=str(port)):
        paid = await world.asks("give them money")
        card = await world.card(paid)
        world.slack.revoke(code)
        caplog.set_level(logging.INFO, "bot")
        await world.approves(OMAR, card)
        await world.slack.until(lambda: questions(world))
        begun = len(refused_calls(world)) - questions(world)
        asked = [await world.asks(f"show me INV-100{number}") for number in (3, 4)]
        await world.slack.until(lambda: all(one.is_acked for one in world.slack.deliveries))
        before = questions(world)
        await world.slack.until(lambda: questions(world) > before + 1)
        assert len(refused_calls(world)) - questions(world) == begun  # none of it was begun meanwhile
        assert await readiness(port) == (503, [f"Slack refuses SLACK_BOT_TOKEN ({code})"])
        assert world.refunds == []
        world.slack.restore()
        await world.slack.until(lambda: "*Done*" in card.shown and len(world.done(paid)) == 3)
        for thread in asked:
            await world.slack.until(lambda thread=thread: len(world.done(thread)) == 1)
        assert await readiness(port) == (200, [])

    assert world.refunds == [("INV-1003", "29.00")]
    assert len(refusals(caplog)) == 1
    assert world.slack.ephemerals(OMAR) == []
    assert [len(world.replies(thread)) for thread in asked] == [1, 1]


async def test_a_run_that_is_under_way_when_the_token_goes_is_finished_when_it_is_back(world: World) -> None:
    scripted(world, gives("29.00"), last="They have it.")
    async with world.bot(give_money()):
        thread = await world.asks("give them money")
        card = await world.card(thread)
        world.model.delay = 0.5
        await world.approves(OMAR, card)
        await world.billing.when_refunded()
        world.slack.revoke("token_expired")
        await world.slack.until(lambda: refused_calls(world))
        world.model.delay = 0
        world.slack.restore()
        await world.hears(thread, "They have it.")
        await world.slack.until(lambda: "*Done*" in card.shown)

    assert world.refunds == [("INV-1003", "29.00")]
    assert world.billing.requests == 1


async def test_what_slack_did_not_deliver_while_the_token_was_refused_is_found_in_its_history(
    world: World,
) -> None:
    async with world.bot(BACKFILL_AFTER_SECONDS="3600"):
        await world.hears(await world.asks("show me INV-1003"), "Hazel & Co")
        world.slack.revoke()
        await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> show me INV-1004")
        await world.slack.until(lambda: questions(world))
        world.slack.deafen()
        missed = await world.asks("show me INV-1005")
        world.slack.gives_up()
        world.slack.restore()
        await world.hears(missed, "Rowan Freight")


async def test_sockets_come_back_when_the_token_of_the_app_is_taken_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    (port,) = free_ports(1)
    async with world.bot(HEALTH_PORT=str(port), SLACK_SOCKETS="1"):
        caplog.set_level(logging.WARNING, "bot")
        world.slack.revoke("not_authed", bot=False, app=True)
        await world.slack.cut()
        thread = await world.asks("show me INV-1003")
        await world.slack.until(lambda: len(refused_calls(world)) > 2)
        assert "Slack refuses SLACK_APP_TOKEN (not_authed)" in (await readiness(port))[1]
        world.slack.restore()
        await world.hears(thread, "Hazel & Co")

        assert await readiness(port) == (200, [])
    assert len(refusals(caplog)) == 1


async def test_a_file_waits_for_a_token_that_is_not_taken(world: World) -> None:
    async with world.sandboxes(), world.bot():
        world.slack.fault("auth.test", error="token_revoked")
        world.slack.files.is_revoked = True
        asked = await world.slack.says(
            ANA, SUPPORT, f"<@{BOT_USER}> run `cat in/a.txt`", files=[("a.txt", b"what it holds")]
        )
        await world.slack.until(lambda: [c for c in world.slack.calls if c.method == "auth.test"][1:])
        world.slack.files.is_revoked = False
        await world.hears(asked, "what it holds")

    assert len(world.replies(asked)) == 1


async def test_a_replica_that_starts_while_slack_is_busy_waits_as_it_is_told(world: World) -> None:
    for method in ("auth.test", "apps.connections.open", "apps.connections.open"):
        world.slack.fault(method, status=429, retry_after=1)
    async with world.bot():
        await world.hears(await world.asks("show me INV-1003"), "Hazel & Co")


@pytest.mark.parametrize(("app", "setting"), [(False, "SLACK_BOT_TOKEN"), (True, "SLACK_APP_TOKEN")])
async def test_a_token_that_is_refused_at_the_start_is_no_start(
    world: World, app: bool, setting: str
) -> None:
    world.slack.revoke("token_revoked", bot=not app, app=app)
    with pytest.raises(CannotStart, match=f"Slack refused {setting} \\(token_revoked\\)"):
        async with world.bot():
            pass
