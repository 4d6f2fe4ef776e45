"""Whose message it is that was deleted or changed while a call waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from bot.conversation.altered_messages import AlteredMessages
from bot.domain.requester_events import MessageAltered
from bot.domain.run import ThreadState
from bot.domain.thread import ThreadRef
from tests.factories import ANA, MEI, THREAD


@dataclass
class Thread:
    """What is known of a thread, of which nothing else is looked at for a message of another."""

    state: ThreadState
    thread: ThreadRef = THREAD


async def test_a_message_of_another_takes_nothing_back_whatever_the_run_has_read() -> None:
    nobody_is_asked = cast("Any", None)
    read = Thread(
        ThreadState(run_id="r1", authors=(ANA, MEI), asked_in=("1.0", "2.0"), approvals=("03-k7Qm2x",))
    )
    altered = AlteredMessages(nobody_is_asked, nobody_is_asked, nobody_is_asked)

    assert not await altered.look(cast("Any", read), MessageAltered("2.0", MEI, deleted=True))
    assert read.state.gone == ("2.0",)
