"""Tools that somebody else made, behind a policy: those of the SDK whose only word on their arguments is a JSON schema."""

from __future__ import annotations

import copy

from agents import FunctionTool

from bot.agents.tools.approval import ApprovedTool, everything, guard
from bot.agents.tools.schema_check import checked
from bot.domain.approvals.policy import Policy
from bot.domain.approvals.tool_form import ToolForm


def put_before(tool: FunctionTool, policy: Policy) -> ApprovedTool:
    """Make an approved tool of one of the SDK's; the one that is given stays as it is.

    Raises `ValueError` where the tool answers its own failures, for then one that broke off would look like one that
    was done (`failure_error_function=None` is what is needed), and where the policy lets people edit what it lacks.
    """
    if tool._failure_error_function is not None or tool._use_default_failure_error_function:  # pyright: ignore[reportPrivateUsage]
        raise ValueError(
            f"{tool.name} needs failure_error_function=None: a failure must not look like an answer"
        )
    schema = tool.params_json_schema
    own = copy.copy(tool)
    form = ToolForm(own.name, schema, policy.editable, checked(schema))
    return guard(own, policy, form, identity=everything)
