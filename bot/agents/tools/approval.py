"""Tools with a side effect: stopped before they run, run once, and only as they were shown.

Every call of such a tool stops the run, so that the intent is saved under its `call_id` before
anything happens. The tool's policy then says who must approve it, or that nobody need.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Concatenate, ParamSpec

from agents import FunctionTool, RunContextWrapper, function_tool
from agents.function_schema import function_schema
from agents.tool_context import ToolContext
from pydantic import BaseModel, ValidationError

from bot.agents.context import RunContext
from bot.agents.step_words import checked_step
from bot.agents.tool_result import FAILED, Result, Settles, anything, compared
from bot.agents.tools.call_arguments import arguments_of, unreadable, written
from bot.agents.tools.guarded_call import HERE, Remote, guarded_call
from bot.agents.tools.preview import LooksAhead
from bot.domain.approvals.approval import Offers, canonical
from bot.domain.approvals.bound import NOTHING_NAMED, Acts, bound_of
from bot.domain.approvals.policy import Policy
from bot.domain.approvals.tool_form import ToolForm
from bot.domain.tool_title import checked, title_of

P = ParamSpec("P")
Body = Callable[Concatenate[ToolContext[RunContext], P], Awaitable[str]]
#: Picks what tells one call from another out of its arguments, in one form whatever way they are written.
Identity = Callable[[Mapping[str, Any]], Mapping[str, object]]
#: Asks a team's services what became of a key: what the tool would have returned where it was made, empty
#: where the service never saw the key, None where it cannot tell.
LookUp = Callable[[Any, str], Awaitable[str | None]]


def everything(arguments: Mapping[str, Any]) -> Mapping[str, object]:
    """Tell calls apart by all of their arguments."""
    return arguments


@dataclass(frozen=True, slots=True)
class ApprovedTool:
    """A tool and the policy beside it; `form` is how approvers may change a call of it.

    `identity` picks what tells one call from another, or raises for arguments that are none.
    `title` is what people read where its calls are meant. `version` names what the tool is, where
    somebody else may change that: what was approved for one version is not done by another. `preview` says what a call
    would do, `acts` names the arguments that say what it acts on and what it moves. `step` is what the thread shows of a call
    while it works; empty for its title.
    """

    tool: FunctionTool
    policy: Policy
    form: ToolForm
    identity: Identity
    look_up: LookUp | None = None
    settles: Settles = anything
    title: str = ""
    version: str = ""
    preview: LooksAhead | None = None
    acts: Acts = NOTHING_NAMED
    step: str = ""

    def offers(self, arguments: str) -> Offers:
        """What approvers of a call (its arguments as JSON) may do beside Approve and Reject."""
        bound = bound_of(self.policy.rest_of_run, self.acts, arguments_of(arguments))
        return Offers(self.policy.editable, bound is not None, self.policy.reason_required, bound=bound)

    def compared(self, arguments: str, result: str) -> Result:
        """What the service reports of a call, against its arguments (JSON)."""
        return compared(self.settles, arguments_of(arguments), result)

    def told_apart(self, arguments: str) -> str:
        """What tells a call from others of the tool, both canonical JSON: all of it, where that cannot be told."""
        try:
            return canonical(self.identity(json.loads(arguments)))
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
            return arguments  # a model's, which may be anything


def approved_tool(  # noqa: PLR0913 - what an approved tool is made of, each by its name
    policy: Policy,
    *,
    title: str | None = None,
    step: str = "",
    only_if_asked: bool = False,
    identity: Identity = everything,
    settles: Settles = anything,
    look_up: LookUp | None = None,
    preview: LooksAhead | None = None,
    target: str = "",
    amount: str | tuple[str, str] = "",
) -> Callable[[Body[P]], ApprovedTool]:
    """Make a tool of an async function whose first parameter is its `ToolContext`.

    `title` is what people read on cards and in threads ("Book time off"): one line of up to 60 characters. Without
    one it is made of the function's name. Logs, the audit log and the model have the name.

    `step` is what the thread shows of a call, with arguments in braces: "Refund {amount} {currency} on {invoice_id}".
    Without one it shows the title.

    With `only_if_asked` a call that needs nobody runs at once, without a journal: for a tool whose
    effects stay in a place that goes back to the last checkpoint together with the run.

    `identity` leaves out what a model words differently each time it is asked the same, such as a
    reason: calls that agree in the rest have the same idempotency key when a run is repeated.

    `settles` compares a result (that is no error) with the arguments, and says what is different: that is
    told to people, stands on the card, and is on record.

    `look_up` asks the service behind it what became of a key, without sending anything. It is asked
    where Redis may have forgotten that a call was made, before people are.

    `preview` gets the team's services and the `Call`, its arguments in their one form, and says what the call would do, or why
    it cannot be done: nobody is asked then. It reads, and changes nothing. It is looked at before people are asked and once more
    before an approval counts, for `preview.PATIENCE` seconds at most, so what changes by itself (a time, a rate) does not belong
    into it: then no click would ever count.

    `target` names the argument that says what a call acts on, `amount` the one that says how much it moves, or that and
    the one of its currency: an approval for the rest of a run then reaches as far as this target and a sum, and without
    them as far as a count.

    The body finds its `ctx.context.attempt` and hands it on: with the key the service behind it
    can tell a repetition, and where the key was `sent_before`, a refusal settles nothing. What it returns is told to the model and kept; an expected failure
    is a text that begins with "ERROR:". One that raises has broken off: a person is asked
    whether it happened, with the words of an `OutcomeUnknown`. Raises `ValueError` where the policy lets people edit what the tool
    does not have or names an argument that it lacks, and for a title or step that is no short line.
    """

    def decorate(body: Body[P]) -> ApprovedTool:
        tool = function_tool(body, failure_error_function=None)
        form = _form(tool, policy, function_schema(body).params_pydantic_model)
        return guard(
            tool,
            policy,
            form,
            only_if_asked=only_if_asked,
            identity=identity,
            settles=settles,
            look_up=look_up,
            title=title,
            step=step,
            preview=preview,
            acts=Acts(target, amount, "") if isinstance(amount, str) else Acts(target, *amount),
        )

    return decorate


def guard(  # noqa: PLR0913 - what an approved tool is made of, each by its name
    tool: FunctionTool,
    policy: Policy,
    form: ToolForm,
    *,
    identity: Identity,
    settles: Settles = anything,
    look_up: LookUp | None = None,
    only_if_asked: bool = False,
    title: str | None = None,
    step: str = "",
    remote: Remote = HERE,
    preview: LooksAhead | None = None,
    acts: Acts = NOTHING_NAMED,
) -> ApprovedTool:
    """Let calls of a tool stop the run, and its body run in the journal alone; the tool itself is changed.

    Raises `ValueError` where the policy lets people edit what the tool does not have.
    """

    form = replace(form, problems=_readable_first(form.problems))

    def needed(context: RunContext, arguments: Mapping[str, Any]) -> bool:
        judged = json.loads(written(form, arguments))
        return not only_if_asked or bool(policy.requirements(context.call(tool.name, judged)))

    async def asks(ctx: RunContextWrapper[Any], arguments: dict[str, Any], call_id: str) -> bool:
        del call_id
        return needed(ctx.context, arguments)

    invoke = tool.on_invoke_tool

    async def guarded(ctx: ToolContext[Any], arguments: str) -> Any:
        if not needed(ctx.context, arguments_of(arguments)):
            return await invoke(ctx, arguments)
        return await guarded_call(ctx, arguments, settling, form, remote)

    async def settling(ctx: ToolContext[Any], arguments: str) -> Result:
        result = str(await invoke(ctx, arguments))
        failed = result.startswith(FAILED)
        return Result(result) if failed else compared(settles, arguments_of(arguments), result)

    tool.needs_approval = asks
    tool.on_invoke_tool = guarded
    _check_names(tool.name, form, policy, acts, step)
    named = title_of(tool.name) if title is None else checked(title)
    return ApprovedTool(
        tool, policy, form, identity, look_up, settles, named, remote.version, preview, acts, step
    )


def _readable_first(
    problems: Callable[[Mapping[str, Any]], Mapping[str, str]],
) -> Callable[[Mapping[str, Any]], Mapping[str, str]]:
    """A tool's own check, of arguments that are some at all."""
    return lambda arguments: unreadable(arguments) or problems(arguments)


def _check_names(name: str, form: ToolForm, policy: Policy, acts: Acts, step: str) -> None:
    """Raise `ValueError` where something names an argument that the tool does not have."""
    arguments = set(form.schema.get("properties", {}))
    if unknown := set(policy.editable) - arguments:
        raise ValueError(f"{name} has no {', '.join(sorted(unknown))} to edit")
    if lacking := sorted(set(acts.arguments) - arguments):
        raise ValueError(f"{name} has no argument {', '.join(lacking)}")
    if step:
        checked_step(step, arguments, name)


def _form(tool: FunctionTool, policy: Policy, model: type[BaseModel]) -> ToolForm:
    def problems(arguments: Mapping[str, Any]) -> dict[str, str]:
        try:
            model.model_validate(arguments)
        except ValidationError as error:
            return {str(one["loc"][0]): _said(one) for one in error.errors(include_url=False) if one["loc"]}
        return {}

    def in_one_form(arguments: Mapping[str, Any]) -> dict[str, Any]:
        return model.model_validate(arguments).model_dump(mode="json")

    # The model's own schema, not the tool's: that one is bent for models, all arguments required.
    return ToolForm(tool.name, model.model_json_schema(), policy.editable, problems, in_one_form)


def _said(problem: Mapping[str, Any]) -> str:
    """What is wrong with an argument: the words of a validator of the tool's own, as they are."""
    own = problem.get("ctx", {}).get("error") if problem["type"] == "value_error" else None
    return str(own or problem["msg"])
