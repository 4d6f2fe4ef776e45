"""How the steps of a run are shown in its reply while it works."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from bot.agents.progress import AgentChanged, CommandStep, Progress, TextDelta, ToolFinished, ToolStarted
from bot.agents.run_in_progress import RunInProgress
from bot.agents.shown_words import ShownWords
from bot.agents.team import TRIAGE
from bot.agents.tools.shell import SHELL
from bot.conversation.slow_model import Patience, SlowModel
from bot.domain import sentences
from bot.domain.approvals.approval import Ending
from bot.domain.program_errors import is_traceback
from bot.domain.run import Completed, Failed, Interrupted, Stopped
from bot.domain.tasks import in_background
from bot.slack.graphemes import tail
from bot.slack.reply import ReplyStream

#: Characters of a command's last lines that are shown; a status line takes no more.
TAIL = 100
#: How the line of a call ends; the check mark is for what was done, and nothing else.
_MARKS: Final = {
    Ending.DONE: "✓",
    Ending.OTHER: "! done, but not as it was asked for",
    Ending.FAILED: "✗ not done",
    Ending.NOT_RUN: "✗ not done",
    Ending.UNKNOWN: "? nobody knows whether it happened",
}
#: How the line of a call ends that did not come to its own end, by how the run ended.
_LEFT: Final[Mapping[type, str]] = {
    Completed: "",
    Interrupted: ": waits for a go-ahead",
    Stopped: " ✗ stopped",
    Failed: " ✗ broke off",
}


async def show_all(stream: ReplyStream, progress: RunInProgress, patience: Patience) -> None:
    """Show a run step by step to its end; it is abandoned where this is ended sooner."""
    words = Words(progress.shown)
    progress.tells_words = ended = False
    slow = SlowModel(stream, patience)
    async with in_background(slow.watch()):
        try:
            async for step in progress:
                slow.saw(step)
                show_step(stream, step, words)
            ended = True
        finally:
            if not ended:
                await progress.abandon()
    if not isinstance(progress.outcome, Interrupted):
        settle_lines(stream, progress)


def settle_lines(stream: ReplyStream, progress: RunInProgress) -> None:
    """Let no call that has begun look as if it still went on."""
    how = _LEFT.get(type(progress.outcome), "")
    for call_id in sorted(progress.open):
        if progress.called[call_id].tool != SHELL or isinstance(progress.outcome, Interrupted):
            stream.note(f"{progress.words(call_id)}{how}", key=call_id)


async def stop_when(interrupted: asyncio.Event, progress: RunInProgress) -> None:
    """End a run once a person wants that."""
    await interrupted.wait()
    progress.stop()


class Words:
    """The text of the present turn so far. The reply asks for it when it shows it: a piece is not worth a look of its own."""

    def __init__(self, shown: ShownWords) -> None:
        self._shown = shown
        self._text = ""

    def so_far(self) -> str:
        """All that can be shown of it by now."""
        self._text += self._shown.taken()
        return self._text

    def begin(self, stream: ReplyStream) -> None:
        """Let the next turn begin; what was said in this one stays until there are other words."""
        if text := self.so_far():
            stream.show(text)
        self._text = ""


def show_step(stream: ReplyStream, step: Progress, words: Words) -> None:
    """Show one step of the run."""
    match step:
        case TextDelta():
            stream.show(words.so_far)
            return
        case CommandStep():
            show_command(stream, step)
            return
        case ToolStarted() | ToolFinished() if step.name == SHELL:
            pass
        case ToolStarted():
            stream.note(f"{step.title} …", key=step.call_id)
        case ToolFinished():
            stream.note(f"{step.title} {_MARKS[step.ending]}", key=step.call_id)
        case AgentChanged():
            if step.name != TRIAGE:  # who answers everybody first is nobody to be introduced
                stream.note(f"{step.name} takes over", key=f"agent {step.name}")
    words.begin(stream)


def show_command(stream: ReplyStream, step: CommandStep) -> None:
    """Show how far a command in the sandbox is."""
    stream.note(_command(step), key=step.call_id)
    stream.note(shown_tail(step.tail) if step.exit_code is None else "", key=f"{step.call_id} tail")


def shown_tail(said: str) -> str:
    """What a command said last, on one line: a line may be long, and its end is the news. No traceback is."""
    if is_traceback(said):
        return sentences.PROGRAM_ERROR
    return tail(" ".join(said.split()), TAIL)


def _command(step: CommandStep) -> str:
    """One line for a command: how it stands, for how long, its first line."""
    mark = {None: "…", 0: "✓"}.get(step.exit_code, f"✗ exit {step.exit_code},")
    return f"{mark} {step.seconds:.0f} s  $ {step.line}"
