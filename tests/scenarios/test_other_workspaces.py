"""What comes from another workspace: another installation of the app, or a shared channel's strangers."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from devkit.slack.workspace import Installation, Message, Person
from tests.world import ANA, BOT_USER, OMAR, SUPPORT, World, ids

GLOBEX = Installation("T0GLOBEX01")
VERA = Person("U0VERA0001", "vera", "Vera Globex", "Of another company", "556677", team=GLOBEX.team)
ONLY = "Only people of the workspace that I belong to"


async def refusals(world: World) -> list[tuple[str, str, str]]:
    """Each click on record that did not count: whose, why, from where."""
    entries = [link.entry for link in await world.records() if link.entry.deed == "click_refused"]
    return [(one.person, one.details["why"], one.details.get("workspace", "")) for one in entries]


async def a_card(world: World) -> Message:
    return await world.card(await world.asks("refund $29 on INV-1003"))


@pytest.mark.parametrize("action", ["approve", "reject", "edit", "details"])
async def test_a_click_from_another_workspace_with_a_known_user_id_counts_for_nothing(
    world: World, action: str
) -> None:
    async with world.bot():
        card = await a_card(world)
        world.slack.workspace.delivered_for = GLOBEX
        assert await world.slack.clicks(OMAR, card.channel, card.ts, action)
        await world.told(OMAR, ONLY)
        await world.recorded("click_refused")
        assert await refusals(world) == [(OMAR, "AnotherWorkspace", GLOBEX.team)]
        assert (world.slack.views, world.refunds) == ({}, [])
        world.slack.workspace.delivered_for = world.slack.workspace.home
        await world.approves(OMAR, card)
        await world.hears(str(card.thread_ts), "Done: I refunded")


async def test_a_stranger_of_a_shared_channel_decides_nothing(world: World) -> None:
    async with world.bot():
        card = await a_card(world)
        world.slack.workspace.share(SUPPORT, VERA)
        await world.approves(VERA.id, card)
        await world.told(VERA.id, ONLY)
        await world.recorded("click_refused")
        (answer,) = world.slack.ephemerals(VERA.id)

        assert answer.thread_ts == card.thread_ts
        assert await refusals(world) == [(VERA.id, "AnotherWorkspace", VERA.team)]
        assert world.refunds == []


@pytest.mark.parametrize("button", ["reject", "edit"])
async def test_a_form_that_comes_back_from_another_workspace_says_so_and_changes_nothing(
    world: World, button: str
) -> None:
    async with world.bot():
        card = await a_card(world)
        await world.slack.clicks(OMAR, card.channel, card.ts, button)
        form = await world.form(OMAR)
        world.slack.workspace.delivered_for = GLOBEX
        answer = await world.slack.submits(OMAR, form.id, {})
        assert answer["response_action"] == "errors"
        assert ONLY in next(iter(answer["errors"].values()))
        await world.recorded("click_refused")

    assert await refusals(world) == [(OMAR, "AnotherWorkspace", GLOBEX.team)]
    assert "approve" in ids(card)


async def test_commands_shortcuts_and_other_buttons_of_another_workspace_are_refused_in_words(
    world: World,
) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        picker = await world.slack.command(ANA, SUPPORT, "/reset")
        world.slack.workspace.delivered_for = GLOBEX
        refused = await world.slack.command(ANA, SUPPORT, "/reset")
        await world.slack.shortcut(ANA, "reset_thread", SUPPORT, thread)
        (shown,) = [m for m in world.slack.ephemerals(ANA) if ids(m)]
        await world.slack.clicks(ANA, SUPPORT, shown.ts, "reset_thread")
        await world.slack.until(lambda: len([m for m in world.slack.ephemerals(ANA) if ONLY in m.shown]) == 3)
        world.slack.workspace.delivered_for = world.slack.workspace.home
        await world.slack.says(ANA, SUPPORT, "and its date?", thread_ts=thread)
        await world.slack.until(lambda: len(world.done(thread)) == 2)

    assert (picker or {})["blocks"]
    assert ONLY in (refused or {})["text"]
    assert not any("Forgotten" in m.shown for m in world.replies(thread))


async def test_home_opened_in_another_workspace_is_not_published(world: World) -> None:
    async with world.bot():
        world.slack.workspace.delivered_for = GLOBEX
        await world.slack.opens_home(OMAR)
        world.slack.workspace.delivered_for = world.slack.workspace.home
        await world.slack.opens_home(ANA)
        await world.home(ANA, "Waiting for you")

    assert world.slack.home_text(OMAR) == ""


@pytest.mark.parametrize("known", ["team_id alone", "authorizations"])
async def test_the_envelope_decides_where_an_event_does_not_say_whose_it_is(world: World, known: str) -> None:
    """The same message is answered once its envelope is of the bot's own workspace."""
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        foreign = mention(world, thread, "show me INV-1005")
        foreign["team_id"] = GLOBEX.team
        if known == "authorizations":
            foreign["authorizations"][0]["team_id"] = GLOBEX.team
        else:
            del foreign["authorizations"]
        assert await world.slack.envelope("events_api", foreign) is not None
        ours = mention(world, thread, "show me INV-1003 again")
        assert await world.slack.envelope("events_api", ours) is not None
        await world.slack.until(lambda: len(world.done(thread)) == 2)

    assert not any("INV-1005" in reply.shown for reply in world.replies(thread))
    assert world.slack.ephemerals(ANA) == []


def mention(world: World, thread: str, text: str) -> dict[str, Any]:
    """What Slack sent of the mention that began a thread, as of a later one there that names no team."""
    sent = [one.payload for one in world.slack.deliveries if one.payload.get("event", {}).get("ts") == thread]
    payload = copy.deepcopy(next(one for one in sent if one["event"]["type"] == "app_mention"))
    later = world.slack.workspace.new_ts()
    payload["event"] |= {"ts": later, "thread_ts": thread, "text": f"<@{BOT_USER}> {text}"}
    del payload["event"]["team"]
    payload["event_id"] = f"Ev{later}"
    return payload


async def test_who_writes_in_a_shared_channel_decides_and_not_whose_channel_it_is(world: World) -> None:
    async with world.bot():
        world.slack.workspace.share(SUPPORT, VERA, host=GLOBEX.team)
        stranger = await world.slack.says(VERA.id, SUPPORT, f"<@{BOT_USER}> show me INV-1003")
        await world.told(VERA.id, "I answer people of the workspace that I belong to")
        again = await world.slack.says(VERA.id, SUPPORT, f"<@{BOT_USER}> show me INV-1003")
        await world.slack.says(VERA.id, SUPPORT, "not to the bot")
        await world.hears(await world.asks("show me INV-1003"), "Hazel & Co")

        (answer,) = world.slack.ephemerals(VERA.id)
        assert (answer.channel, answer.thread_ts) == (SUPPORT, stranger)
        assert world.replies(stranger) == world.replies(again) == []


async def test_an_organisation_of_the_bots_own_is_understood(world: World) -> None:
    """On Enterprise Grid Slack names the organisation beside the workspace, or in its place."""
    world.slack.workspace.home = world.slack.workspace.delivered_for = Installation(enterprise="E0ACME0001")
    async with world.bot():
        world.slack.workspace.share(SUPPORT, VERA, host=GLOBEX.team)
        card = await a_card(world)
        await world.approves(OMAR, card)
        await world.hears(str(card.thread_ts), "Done: I refunded")

    assert await refusals(world) == []


async def test_an_unknown_card_in_a_thread_is_answered_in_that_thread(world: World) -> None:
    async with world.bot():
        card = await a_card(world)
        button = next(
            one for block in card.blocks or [] for one in block.get("elements", ()) if "value" in one
        )
        button["value"] = f"{button['action_id']}:nobody-knows-it:x"
        await world.slack.clicks(OMAR, card.channel, card.ts, button["action_id"])
        await world.told(OMAR, "I no longer know this card")
        (answer,) = world.slack.ephemerals(OMAR)

        assert answer.thread_ts == card.thread_ts


async def test_a_click_that_comes_over_every_socket_opens_one_form(world: World) -> None:
    async with world.bot():
        card = await a_card(world)
        await world.slack.clicks(OMAR, card.channel, card.ts, "edit")
        click = next(one for one in reversed(world.slack.deliveries) if one.kind == "interactive")
        assert await world.slack.envelope("interactive", click.payload) is not None

    assert [call.method for call in world.slack.calls].count("views.open") == 1
