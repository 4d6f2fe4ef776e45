"""A reply asks for its words when it brings them to Slack."""

from __future__ import annotations

from tests.unit.slack.clock import Clock
from tests.unit.slack.test_reply import Replies


async def test_a_text_that_is_asked_for_is_asked_for_when_it_is_shown(clock: Clock) -> None:
    replies = Replies(clock)
    stream = replies.open()
    await stream.start()
    asked: list[str] = []
    text = ""

    def so_far() -> str:
        asked.append(text)
        return text

    for number in range(100):
        text += f"word{number} "
        stream.show(so_far)
        await replies.clock.advance(0.05)
    await replies.clock.advance(2)

    assert replies.workspace.shown() == [text]
    assert len(asked) < 40
    await replies.clock.run(stream.finish(text))
