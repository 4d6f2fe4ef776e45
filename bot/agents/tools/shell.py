"""Commands in the sandbox: each runs to its end, with a real exit code."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from agents.tool_context import ToolContext

from bot.agents.context import RunContext
from bot.agents.progress import CommandStep
from bot.agents.shown_words import in_line
from bot.agents.tools.approval import ApprovedTool, approved_tool
from bot.domain import sentences
from bot.domain.approvals.condition import Call, Condition
from bot.domain.approvals.policy import Policy, ask
from bot.domain.masking import Masks
from bot.domain.numbers import number
from bot.domain.program_errors import is_traceback

#: Its name, which the SDK's own shell tool has too.
SHELL: Final = "exec_command"
#: Seconds that a command gets unless it asks for another time.
USUAL: Final = 120
#: Bytes of a command; Linux takes 128 KiB of one argument (execve(2)).
LONGEST: Final = 100_000
#: Characters of it that its line is made of.
SHOWN: Final = 1_000


def commands(role: str, *, matching: str, longer_than: timedelta) -> Policy:
    """Ask one of a role for commands that match a pattern (none where it is empty) or may take long.

    A pattern is no boundary, the sandbox is: it tells people of what is likely to be unusual.
    """
    minutes = longer_than / timedelta(minutes=1)
    rules = [
        ask(role, when=_longer(longer_than), why=f"Commands of more than {minutes:g} minutes need {role}.")
    ]
    if matching:
        rules.append(ask(role, when=_matches(matching), why=f"Commands like this one need {role}."))
    return Policy(*rules, editable=("cmd",))


def shell_tool(policy: Policy) -> ApprovedTool:
    """Make the tool that runs commands, under a policy."""

    @approved_tool(policy, title="Run a command", only_if_asked=True)
    async def exec_command(
        ctx: ToolContext[RunContext], cmd: str, workdir: str = "/workspace", timeout_seconds: int = USUAL
    ) -> str:
        """Run a shell command in the sandbox to its end, and get its exit code and output.

        Use it for everything that is done with files. Nothing can be typed into a running command,
        and its input is empty. Not for waiting: a command that runs too long is ended.

        Args:
            cmd: The command, for bash. It may have several lines.
            workdir: The folder it runs in.
            timeout_seconds: After so many seconds it is ended; more may need a person's approval.
        """
        workspace = ctx.context.workspace
        if workspace is None:
            return "ERROR: there is no sandbox here."
        if (
            len(cmd.encode(errors="replace")) > LONGEST
            or "\0" in cmd
            or not cmd.isascii()
            and _is_broken(cmd)
        ):
            return "ERROR: the command is too long or no text; write it into a file in parts."
        masks, call_id = ctx.context.masks, ctx.tool_call_id
        line = in_line(_first_line(cmd)[:SHOWN], masks)

        def said(tail: str, seconds: float) -> None:
            ctx.context.show(CommandStep(line, call_id, seconds, _tail(tail, masks)))

        ctx.context.show(CommandStep(line, call_id, 0.0))
        ran = await workspace.run(cmd, workdir, max(1, timeout_seconds), said)
        ctx.context.show(CommandStep(line, call_id, ran.seconds, exit_code=ran.exit_code))
        return f"Exit code: {ran.exit_code}\nSeconds: {ran.seconds:.1f}\nOutput:\n{ran.output}"

    return exec_command


def _is_broken(command: str) -> bool:
    """Whether it holds half a character, which no system call takes."""
    return any("\ud800" <= sign <= "\udfff" for sign in command)


def _first_line(command: str) -> str:
    return next((line for line in command.splitlines() if line.strip()), "")


def _tail(said: str, masks: Masks) -> str:
    """What a command said last, masked. A traceback is known by its lines, which one line has not."""
    return sentences.PROGRAM_ERROR if is_traceback(said) else in_line(said, masks)


def _matches(pattern: str) -> Condition:
    compiled = re.compile(pattern)
    return Condition(
        "the command matches SHELL_ASK", lambda call: bool(compiled.search(str(call.arguments["cmd"])))
    )


def _longer(most: timedelta) -> Condition:
    def holds(call: Call) -> bool:
        asked = number(call.arguments.get("timeout_seconds", USUAL))
        if asked is None:
            raise ValueError("timeout_seconds is not a number")
        return asked > int(most.total_seconds())

    return Condition(f"timeout_seconds over {most.total_seconds():g}", holds)
