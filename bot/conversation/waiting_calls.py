"""The calls that a run waits for: what each would do and needs, what it is told, and as what it may run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.agents.approved_tools import ApprovedTools
from bot.agents.context import Permit
from bot.conversation.delivery import Delivery
from bot.conversation.handling import Handling
from bot.conversation.judging import Judging
from bot.conversation.made_before import MadeBefore
from bot.conversation.permits import foretold, named
from bot.domain import sentences
from bot.domain.approvals.approval import Approval, ApprovalStatus, Question
from bot.domain.approvals.consent import consent
from bot.domain.effects import Asked
from bot.domain.errors import SlackUnavailable
from bot.domain.run import PendingCall
from bot.store.writes import Writes


class WaitingCalls:
    """Names, judges and answers them."""

    def __init__(
        self, tools: ApprovedTools, made_before: MadeBefore, judging: Judging, delivery: Delivery
    ) -> None:
        self._tools = tools
        self._made_before = made_before
        self._judging = judging
        self._delivery = delivery

    async def judged(
        self, h: Handling, calls: Sequence[PendingCall], snapshot: bytes
    ) -> tuple[PendingCall, ...]:
        """What calls of a run that has just stopped need, now that none of them is decided.

        Where Slack is waited for, what the model said is kept: asked once more it would be paid once more, and might say
        something else. Raises `SlackUnavailable` then.
        """
        try:
            judged = await self._judging.of_calls(h, self.foretold(h, calls))
        except SlackUnavailable:
            await h.save(writes=Writes().run(snapshot), approvals=())
            raise
        known = await self._made_before.of_calls(h, judged)
        made = [call for call, before in zip(known, judged, strict=True) if call != before]
        await self._judging.made_before(h, made)
        return known

    async def answers(
        self, h: Handling, pending: Sequence[PendingCall], approvals: Sequence[Approval]
    ) -> tuple[dict[str, bool | str], dict[str, Permit]]:
        """What each waiting call is told; and, for those that may run, as what.

        Where some have yet to be asked about, none is told anything: they go on together.
        """
        answers: dict[str, bool | str] = {}
        permits: dict[str, Permit] = {}
        asked: dict[str, Asked] = {}
        known: dict[str, str] = {}
        decided = {a.call_id: a for a in approvals if a.question is Question.GO_AHEAD}
        for call in pending:
            approval, tool = decided.get(call.call_id), self._tools.named(call.tool)
            asked[call.call_id] = Asked(call.tool, tool.told_apart(call.arguments))
            if approval is None and call.refused:
                answers[call.call_id] = sentences.not_asked(call.refused)
            elif approval is None and not call.requirements:
                shown = (call.tool, call.asked_digest, call.arguments)
                terms = (None, tool.policy.unknown_to, tool.policy.nobody_asked)
                permits[call.call_id] = Permit(*shown, *terms)
                answers[call.call_id] = True
            elif approval is not None and approval.status is ApprovalStatus.APPROVED:
                shown = (approval.tool, approval.asked_digest, approval.arguments)
                terms = (approval, tool.policy.unknown_to, consent(approval))
                permits[call.call_id] = Permit(*shown, *terms)
                answers[call.call_id] = True
            elif (approval is None or approval.execution is not None) and (
                made := await self._made_before.permit(h, call)
            ):
                permits[call.call_id], known[call.call_id] = made, made.effect
                answers[call.call_id] = True
            elif approval is not None:
                who = await self._delivery.decided_by(approval)
                answers[call.call_id] = sentences.rejection(approval, who)
        if len(answers) < len(pending) and not approvals:
            return {}, {}
        found = named(h.thread, h.state, permits, asked)
        return answers, found | {c: replace(found[c], effect=effect) for c, effect in known.items()}

    def foretold(self, h: Handling, calls: Sequence[PendingCall]) -> tuple[PendingCall, ...]:
        """The calls, with the names of what they would do."""
        apart = [self._tools.named(call.tool).told_apart(call.arguments) for call in calls]
        asked = [Asked(call.tool, identity) for call, identity in zip(calls, apart, strict=True)]
        return foretold(h.thread, h.state, calls, asked)
