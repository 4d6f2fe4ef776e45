"""The tools whose calls are stopped: what their policies ask for, what is wrong with a call, what they are called."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.agents.context import RunContext
from bot.agents.tools.approval import ApprovedTool
from bot.agents.tools.call_arguments import arguments_of, written
from bot.agents.tools.preview import looked
from bot.domain.approvals.approval import Approval, Offers, canonical
from bot.domain.approvals.condition import Call
from bot.domain.approvals.preview import Preview
from bot.domain.approvals.requirement import Requirement
from bot.domain.approvals.same_target import OnTarget, target_of
from bot.domain.budget import GO_ON, TITLE
from bot.domain.run import PendingCall
from bot.domain.tool_title import title_of


class ApprovedTools:
    """Looks them up by name; one that a saved run knows may be there no more."""

    def __init__(self, approved: Sequence[ApprovedTool]) -> None:
        self._approved = {one.tool.name: one for one in approved}

    def pending(self, interruptions: Sequence[Any], context: RunContext) -> tuple[PendingCall, ...]:
        """Judge stopped calls by what the run knows; `bot.conversation.judging` knows who asks and what was before."""
        calls: list[PendingCall] = []
        for item in interruptions:
            tool, arguments = str(item.name), arguments_of(item.arguments or "")
            # What the tool would refuse goes to it at once: nobody is asked to approve a mistake.
            refused = self.problems(tool, arguments)
            needs = () if refused else self.judge(context.call(tool, self.in_form(tool, arguments)))
            known = self._approved.get(tool)
            shown, asked = self.canonical(tool, arguments), canonical(arguments)
            offers, version = (known.offers(shown), known.version) if known else (Offers(), "")
            target = target_of(known.acts.target, shown) if known else ""
            call = PendingCall(
                item.call_id or "",
                tool,
                shown,
                needs,
                offers,
                tool_version=version,
                asked=asked,
                on_target=OnTarget(target) if target else None,
            )
            calls.append(call)
        return tuple(calls)

    def judge(self, call: Call) -> tuple[Requirement, ...]:
        """Ask the policy of a tool; tools without one are not stopped in the first place."""
        return self._approved[call.tool].policy.requirements(call) if call.tool in self._approved else ()

    def in_form(self, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """A call's arguments in the form of its tool, as policies see them."""
        return json.loads(self.canonical(tool, arguments))

    async def preview(self, services: Any, approval: Approval) -> Preview | None:
        """Look what the call of an approval would do now; None for a tool that has no preview."""
        known = self._approved.get(approval.tool)
        if known is None or known.preview is None:
            return None
        arguments = arguments_of(approval.arguments)
        call = Call(approval.tool, arguments, approval.requester, approval.thread.channel)
        return await looked(known.preview, services, call)

    def bounded(self, approval: Approval) -> Approval:
        """An approval whose arguments were changed: what may be agreed to in advance follows from them."""
        bound = (
            self.named(approval.tool).offers(approval.arguments).bound
            if approval.offers.rest_of_run
            else None
        )
        return replace(approval, offers=replace(approval.offers, rest_of_run=bound is not None, bound=bound))

    def named(self, tool: str) -> ApprovedTool:
        """A tool whose calls are stopped, by its name."""
        return self._approved[tool]

    def has(self, tool: str) -> bool:
        """Tell by its name whether a tool whose calls are stopped is (still) there."""
        return tool in self._approved

    def title(self, tool: str) -> str:
        """What people read where a tool is meant, be it there or not."""
        if tool == GO_ON:
            return TITLE
        return self._approved[tool].title if tool in self._approved else title_of(tool)

    def canonical(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """Write a call's arguments as canonical JSON, in the form of its tool."""
        known = self._approved.get(tool)
        return written(known.form, arguments) if known else canonical(arguments)

    def problems(self, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, str]:
        """Check arguments by the tool's own schema; what is wrong, by argument."""
        if tool not in self._approved:
            return {"": "there is no such tool any more"}
        return self._approved[tool].form.problems(arguments)
