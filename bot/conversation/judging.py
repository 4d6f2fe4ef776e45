"""What the policies make of stopped calls, with what only others know: who asks, and what was before."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.agents.approved_tools import ApprovedTools
from bot.agents.context import Permit
from bot.agents.tools.approval import ApprovedTool
from bot.agents.tools.call_arguments import arguments_of
from bot.conversation.handling import Handling
from bot.conversation.journal import Counting
from bot.domain import who_may_ask
from bot.domain.approvals.approval import APPROVING, Approval, canonical
from bot.domain.approvals.asker import UNKNOWN, Asker
from bot.domain.approvals.condition import Call
from bot.domain.approvals.earlier import EarlierCall, looked_at
from bot.domain.approvals.policy import Holds
from bot.domain.approvals.quorum import missing
from bot.domain.approvals.requirement import Requirement
from bot.domain.approvals.same_target import OnTarget, OtherCall, target_of
from bot.domain.run import LetGo, PendingCall
from bot.domain.tasks import for_each
from bot.slack.approvers import Approvers
from bot.slack.stored_arguments import amount
from bot.store.earlier_calls import EarlierCalls, Looked
from bot.store.writes import Writes

log = logging.getLogger(__name__)

#: What came before a call; None where that cannot be told.
Earlier = Sequence[EarlierCall] | None


class Judging:
    """Judges calls right before people are asked or nobody is, and counts those that are let go on."""

    def __init__(self, tools: ApprovedTools, people: Approvers, earlier: EarlierCalls) -> None:
        self._tools = tools
        self._people = people
        self._earlier = earlier

    async def of_calls(
        self, h: Handling, calls: Sequence[PendingCall], decided: Sequence[Approval] = ()
    ) -> tuple[PendingCall, ...]:
        """The calls with what each needs; one that people have decided stays as it is.

        One that needs nobody counts from here on, also for those behind it. Raises `SlackUnavailable` where Slack says
        later who asks, and what was let go by then goes with the next write.
        """
        closed = {approval.call_id for approval in decided}
        judged = [call if call.call_id in closed else await self._of_call(h, call) for call in calls]
        return tuple(judged)

    async def of_edit(
        self, h: Handling, approval: Approval, arguments: Mapping[str, Any]
    ) -> tuple[Requirement, ...]:
        """What a waiting call would need with other arguments."""
        tool = self._tools.named(approval.tool)
        asker = await self._people.asker(approval.requester, h.thread.team, tool.policy.groups)
        call = Call(
            approval.tool,
            self._tools.in_form(approval.tool, arguments),
            approval.requester,
            h.thread.channel,
            asker,
            title=tool.title,
        )
        return await self._needs(h, tool, call, approval.effect)

    async def on_target(self, h: Handling, approval: Approval) -> OnTarget | None:
        """What the call of an approval acts on, with what was made on that, as far back as its policy looks."""
        tool, arguments = self._tools.named(approval.tool), arguments_of(approval.arguments)
        if not (target := target_of(tool.acts.target, arguments)):
            return None
        asked = Call(approval.tool, arguments, approval.requester, h.thread.channel)
        looked, before = self._looked(h, asked, approval.effect), ()
        if looked.looks:
            before = await self._earlier.look(looked, lambda earlier: earlier or (), h.now())
        return _with_earlier(tool, OnTarget(target), before)

    async def foresee(self, h: Handling, approvals: Sequence[Approval]) -> None:
        """Look at what was before calls that were approved: one that begins is counted by that if it is so still."""

        async def look(approval: Approval) -> None:
            asked = Call(
                approval.tool, arguments_of(approval.arguments), approval.requester, h.thread.channel
            )
            looked = self._looked(h, asked, approval.effect)
            h.foreseen[approval.effect] = await self._earlier.foresee(looked)

        of = [one for one in approvals if one.has_yet_to_run and self._tools.has(one.tool)]
        await for_each(look, [one for one in of if self._tools.named(one.tool).policy.looks])

    def counting(self, h: Handling) -> Counting:
        """How the journal of an event counts its calls."""

        async def begins(permit: Permit, is_repeated: bool) -> str | None:
            return await self._begins(h, permit, is_repeated)

        async def given_back(permit: Permit) -> None:
            await self.give_back(h, self._let_go(h, permit))

        return Counting(begins, given_back)

    async def made_before(self, h: Handling, calls: Sequence[PendingCall]) -> None:
        """Count calls that the service says were made; raises `LeaseLost` where Redis took over since, and may not."""
        for call in calls:
            asked = Call(call.tool, arguments_of(call.arguments), h.state.authors[0], h.thread.channel)
            looked = self._looked(h, asked, call.effect)
            if looked.looks:
                noted_in = await self._earlier.begin(looked, lambda earlier: True, h.now())
                await h.save_beside(Writes(), only_in=noted_in or "")

    async def give_back(self, h: Handling, *calls: LetGo) -> None:
        """Let calls count no more that are known not to have been made."""
        for one in calls:
            if self._tools.has(one.tool):
                call = Call(one.tool, arguments_of(one.arguments), one.requester, h.thread.channel)
                looked = self._looked(h, call, one.effect)
                if looked.looks:
                    await self._earlier.give_back(looked, h.now())

    async def not_made(self, h: Handling, question: Approval) -> None:
        """Give back the call that a question was about, of which people say that it did not happen."""
        name = question.effect or question.counted
        await self.give_back(h, LetGo(question.tool, name, question.arguments, question.requester))

    async def _of_call(self, h: Handling, call: PendingCall) -> PendingCall:
        arguments = arguments_of(call.arguments)
        if self._tools.problems(call.tool, arguments):
            return call  # the tool refuses it by itself
        tool, asker = self._tools.named(call.tool), UNKNOWN
        requester = h.state.authors[0]
        # Whoever joined the run may be whose wish this is.
        for person in (*h.state.joined, requester):
            asker = await self._people.asker(person, h.thread.team, tool.policy.groups)
            if (
                tool.policy.admits(Call(call.tool, arguments, person, h.thread.channel, asker))
                is not Holds.YES
            ):
                return self._refused(h, call, tool, asker)
        asked = Call(call.tool, arguments, requester, h.thread.channel, asker, title=tool.title)
        before: list[EarlierCall] = []
        needs = await self._needs(h, tool, asked, call.effect, lets_go=True, before=before)
        if not needs and tool.policy.looks:
            let_go = LetGo(call.tool, call.effect, call.arguments, requester)
            h.with_next(
                Writes(), let_go=(*(one for one in h.state.let_go if one.effect != call.effect), let_go)
            )
        return replace(call, requirements=needs, on_target=_with_earlier(tool, call.on_target, before))

    async def _needs(
        self,
        h: Handling,
        tool: ApprovedTool,
        call: Call,
        effect: str,
        *,
        lets_go: bool = False,
        before: list[EarlierCall] | None = None,
    ) -> tuple[Requirement, ...]:
        """What it needs by what was before; which is put into the list `before`, where one is given."""
        now = h.now()

        def judge(earlier: Earlier) -> tuple[Requirement, ...]:
            if before is not None:
                before[:] = earlier or ()
            return tool.policy.requirements(replace(call, earlier=earlier, now=now))

        looked = self._looked(h, call, effect)
        if not looked.looks:
            return judge(())
        if lets_go:
            return await self._earlier.let_go(looked, judge, lambda needs: not needs, now)
        return await self._earlier.look(looked, judge, now)

    async def _begins(self, h: Handling, permit: Permit, is_repeated: bool) -> str | None:
        """Count a call that begins. One that may have been made before counts whatever it needs by now."""
        tool, let_go, now = self._tools.named(permit.tool), self._let_go(h, permit), h.now()
        if not tool.policy.looks:
            return ""
        asker = await self._people.asker(let_go.requester, h.thread.team, tool.policy.groups)
        asked = Call(permit.tool, arguments_of(permit.arguments), let_go.requester, h.thread.channel, asker)
        given = permit.approval.decisions if permit.approval else ()
        roles = [one.roles for one in given if one.verdict in APPROVING]

        def judge(earlier: Earlier) -> bool:
            needs = tool.policy.since_agreed(replace(asked, earlier=earlier, now=now))
            return is_repeated or not missing(needs, roles)

        foreseen = h.foreseen.pop(permit.effect, None)
        return await self._earlier.begin(self._looked(h, asked, permit.effect), judge, now, foreseen)

    def _looked(self, h: Handling, call: Call, effect: str) -> Looked:
        looks = self._tools.named(call.tool).policy.looks
        noted = EarlierCall(effect, h.now(), call.requester, looked_at(looks, call.arguments), is_open=True)
        return Looked(h.thread.team, call.tool, looks, noted)

    def _let_go(self, h: Handling, permit: Permit) -> LetGo:
        requester = permit.approval.requester if permit.approval else next(iter(h.state.authors), "")
        return LetGo(permit.tool, permit.effect, permit.arguments, requester)

    def _refused(self, h: Handling, call: PendingCall, tool: ApprovedTool, asker: Asker) -> PendingCall:
        """Turn it away in words for who asked; for the record and the model, why."""
        log.warning("call refused", extra={"tool": call.tool, "asker": asker.kind.value})
        h.remarks.append(who_may_ask.may_not_ask(tool.title, asker.kind))
        return replace(call, requirements=(), refused=who_may_ask.MAY_NOT_ASK[asker.kind])


def _with_earlier(
    tool: ApprovedTool, about: OnTarget | None, before: Sequence[EarlierCall]
) -> OnTarget | None:
    """What a call acts on, with what of the calls before was on the same."""
    if about is None:
        return None
    same = [one for one in before if target_of(tool.acts.target, one.arguments) == about.target]
    return about.plus([OtherCall(one.at, amount(canonical(one.arguments)), waits=False) for one in same])
