"""Answers by Slack's own streams, with a bot and Slack's stand-in between them."""

from __future__ import annotations

from devkit.slack.api import ApiCall
from tests.world import ANA, World, ids


async def test_answers_stream_where_slack_offers_it_and_end_like_all_others(world: World) -> None:
    world.model.delay = 0.03
    async with world.bot(REPLY_STREAM="auto"):
        thread = await world.asks("write a long answer")
        await world.slack.until(lambda: calls(world, "chat.appendStream"))
        (message,) = world.replies(thread)
        assert world.slack.streams.is_open(message)
        assert ids(message) == ["stop"]
        await world.hears(thread, "Part 5")
        world.model.delay = 0
        looked_up = await world.asks("show me INV-1003")
        await world.hears(looked_up, "Hazel & Co")
        private = await world.slack.says(ANA, world.slack.workspace.direct(ANA).id, "show me INV-1003")
        channel = world.slack.workspace.direct(ANA).id
        await world.hears(private, "Hazel & Co", channel=channel)

        world.slack.streams.offered = False
        others = [await world.asks(f"show me INV-100{number}") for number in (3, 5)]
        for other in others:
            await world.slack.until(lambda other=other: world.done(other))

    begun = calls(world, "chat.startStream")
    errors = [call.answer.get("error") for call in begun]
    # At the top of a direct message there is no stream.
    assert errors[:3] == [None, None, "unknown_method"]
    assert all(len(world.replies(one)) == 1 for one in (thread, looked_up, *others))
    assert not any(world.slack.streams.is_open(one) for one in world.replies(thread))
    assert {block["type"] for block in world.replies(looked_up)[0].blocks or []} <= {
        "context",
        "context_actions",
        "markdown",
    }


async def test_stop_ends_an_answer_that_streams(world: World) -> None:
    world.model.delay = 0.1
    async with world.bot(REPLY_STREAM="native"):
        thread = await world.asks("write a long answer")
        await world.slack.until(lambda: calls(world, "chat.appendStream"))
        (message,) = world.replies(thread)
        await world.slack.clicks(ANA, message.channel, message.ts, "stop")
        await world.hears(thread, "Stopped")

    assert len(world.replies(thread)) == 1
    assert not world.slack.streams.is_open(message)


def calls(world: World, method: str) -> list[ApiCall]:
    """The calls of a method that got through."""
    return [call for call in world.slack.calls if call.method == method]
