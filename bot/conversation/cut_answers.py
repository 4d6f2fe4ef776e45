"""An answer that was cut: shown with a Continue button, which stands below the thread's last answer only."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

from bot.conversation.handling import Handling
from bot.domain import model_ends
from bot.domain.ends import CutAnswer, ModelEnd
from bot.domain.errors import SlackRejected, SlackUnauthorized, SlackUnavailable
from bot.domain.run import Completed
from bot.slack.client import Slack
from bot.slack.reply import ReplyStream
from bot.slack.reply_mark import ReplyMark
from bot.slack.thumbs import Thumbs

log = logging.getLogger(__name__)


class CutAnswers:
    """Shows them, and takes the button away once the thread goes on."""

    def __init__(self, slack: Slack, thumbs: Thumbs) -> None:
        self._slack = slack
        self._thumbs = thumbs

    async def show(self, h: Handling, stream: ReplyStream, outcome: Completed, below: str) -> None:
        """Show what there is of an answer; what stands `below` says that it is cut."""
        may_go_on = outcome.cut is ModelEnd.LENGTH
        await self._thumbs.finish(stream, outcome.text, outcome.agent, own=below, go_on=may_go_on)
        last = stream.last
        if may_go_on and last is not None and h.state.cut == CutAnswer(h.claim.event_id):
            ts, part = last
            kept = json.dumps([block for block in part.blocks if block["type"] != "actions"])
            number = len(stream.messages) - 1
            cut = CutAnswer(h.claim.event_id, ts, number, part.text, kept, h.reply.also)
            h.state = replace(h.state, cut=cut)

    def goes_on(self, h: Handling, event_id: str) -> bool:
        """Whether the answer to this event is the last one, and may go on."""
        return h.state.cut is not None and h.state.cut.event_id == event_id

    async def retire(self, h: Handling) -> None:
        """Take the button away, since the thread goes on; best effort, for it does nothing any more."""
        cut = h.state.cut
        if cut is None or not cut.ts:
            return
        try:
            await self._slack.update(
                h.thread.channel,
                cut.ts,
                text=cut.text,
                blocks=json.loads(cut.blocks),
                metadata=ReplyMark(cut.event_id, cut.number, is_final=True, also=cut.also).metadata(),
            )
        except SlackUnauthorized:
            raise
        except (SlackRejected, SlackUnavailable) as error:
            log.info("continue button not taken away", extra={"error": type(error).__name__})


def below(outcome: Completed) -> str:
    """What is said below what there is of an answer; nothing below a whole one."""
    return model_ends.cut(outcome.cut, outcome.text) if outcome.cut else ""
