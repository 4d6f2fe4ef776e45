"""What is logged while an event is handled says which thread and event it was, and nothing of what was said."""

from __future__ import annotations

import io
import json
import logging

from bot.operations import thread_story
from bot.telemetry.logs import JsonLines
from devkit.model.script import HttpError
from devkit.slack.workspace import TEAM
from tests.world import SUPPORT, World


async def test_a_record_of_a_failed_run_names_its_thread_and_event(world: World) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    bot = logging.getLogger("bot")
    bot.addHandler(handler)
    world.model.script(HttpError(400))
    try:
        async with world.bot():
            thread = await world.asks("a secret wish")
            await world.hears(thread, "(reference")
    finally:
        bot.removeHandler(handler)

    records = [json.loads(line) for line in written.getvalue().splitlines()]
    (failed,) = [one for one in records if one["text"] == "run failed"]
    assert failed["thread"] == f"{TEAM}/{SUPPORT}/{thread}"
    assert failed["event"] == f"msg:{SUPPORT}:{thread}"
    assert failed["run"] == f"msg:{SUPPORT}:{thread}"
    assert "a secret wish" not in written.getvalue()
    await _found_by_its_reference(world, failed["reference"], thread)


async def _found_by_its_reference(world: World, reference: str, thread: str) -> None:
    """An operator finds by the reference what a person saw, and reads what became of the thread."""
    (said,) = [message.shown for message in world.replies(thread) if "(reference" in message.shown]
    assert reference in said
    told: list[str] = []
    assert await thread_story.trace(world.settings(), reference, told.append)
    assert f"{TEAM}/{SUPPORT}/{thread}" in "\n".join(told)
    link = f"{world.slack.url}/archives/{SUPPORT}/p{thread.replace('.', '')}".replace("http://", "https://")
    story: list[str] = []
    assert await thread_story.tail(world.settings(), link, story.append, with_text=False, follow=False)
    assert any(f"reference {reference}" in line for line in story)
    assert "a secret wish" not in "\n".join(story)
