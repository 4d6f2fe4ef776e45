"""The demo model as a developer: it writes commands that are really run, and reads what they print."""

from __future__ import annotations

import re
import shlex
from importlib.resources import files
from pathlib import Path
from typing import Final

from devkit.model.dialogue import Answer, Call, Dialogue, Entry

WANTED: Final = re.compile(
    r"\battached\b|\bcsv\b|\bplot|\bchart|\bscript\b|\brun:?\s*`|\bpython\b|\bsandbox\b|\bspend per month\b|\bclean file\b",
    re.IGNORECASE,
)
#: "run `ls -l`": whatever stands between the marks.
COMMAND: Final = re.compile(
    r"\brun:?\s*```?(?:\w*\n)?(.+?)```?|\brun:?\s*`([^`]+)`", re.IGNORECASE | re.DOTALL
)
LONG: Final = re.compile(r"\bfor up to (\d+) (second|minute)s?\b", re.IGNORECASE)
HIGHEST: Final = re.compile(r"\b(highest|most|largest|biggest)\b", re.IGNORECASE)

#: How the bot names what came with a message.
ATTACHED: Final = re.compile(r"^- /workspace/(in/.+) \([^()]*, [^()]*\)$", re.MULTILINE)
#: What a person answers where a date can be read in two ways.
FIRST: Final = re.compile(
    r"^\W*(?:the )?(month|day)s? (?:is |are |comes? |goes )?first\W*(?:please\W*)?$", re.IGNORECASE
)
#: The same within a longer message.
MONTH_FIRST: Final = re.compile(r"\b(month|day)s? (?:is |are |comes? |goes )?first\b", re.IGNORECASE)
#: How Python says that a program broke off: everything down to the line that is not indented.
TRACEBACK: Final = re.compile(
    r"(?:^(?:During handling of the|The) above exception.*\n\n)?^[ \t|+]*(?:Exception Group )?Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(.*)\n?",
    re.MULTILINE,
)

_PROGRAM: Final = {
    path.name: path.read_text(encoding="utf-8")
    for path in sorted(Path(str(files("devkit.model"))).joinpath("tidy").glob("*.py"))
}
WRITE: Final = "\n".join(
    [
        "# Duplicates, spend per month, a clean file",
        "mkdir -p tidy",
        *(f"cat > tidy/{name} <<'END_OF_PROGRAM'\n{text}END_OF_PROGRAM" for name, text in _PROGRAM.items()),
    ]
)
RUN: Final = "python3 -B -m tidy"
#: Seconds that it gets, for which nobody is asked: 20 MB of a spreadsheet take half a minute of a processor.
PATIENCE: Final = 240
#: The exit code of a command that took longer than it may.
TIMED_OUT: Final = 124


def is_meant(dialogue: Dialogue) -> bool:
    """Whether a message is one for Developer, or a command of it has just been run."""
    wanted = WANTED.search(dialogue.question) or _plan(dialogue.question)
    return bool(wanted or dialogue.outputs("exec_command", dialogue.since_user))


def answer(dialogue: Dialogue) -> Answer:
    """Answer as Developer."""
    done = dialogue.outputs("exec_command", dialogue.since_user)
    steps = _plan(dialogue.question)
    if len(done) < len(steps) and not any(_failed(result) for _, result in done):
        seconds = _seconds(dialogue.question)
        step = steps[len(done)]
        seconds = seconds or (PATIENCE if RUN in step else 0)
        more = {"timeout_seconds": seconds} if seconds else {}
        return Answer("", (Call("exec_command", {"cmd": step, **more}),))
    if not done:
        return Answer("Attach a CSV of invoices, or tell me what to run: run `ls -l`.")
    return Answer(_told(*done[-1]))


def _told(call: Entry, result: Entry) -> str:
    """What came out, in words where they are the program's own; how a program broke off is one sentence."""
    said = _output(result.text)
    if result.text.startswith(f"Exit code: {TIMED_OUT}\n"):
        return "That did not work: it took longer than it may, so it was ended."
    broken = TRACEBACK.findall(said)[-1:]
    said = TRACEBACK.sub("", said).strip()
    if RUN in call.text and not broken and said:
        return said[:3000] if _failed(result) else f"Done. {said[:3000]}"
    if not broken:
        failed = f"That did not work:\n```\n{result.text[-1500:]}\n```"
        return failed if _failed(result) else f"Done. This is what came out:\n```\n{said[-1500:]}\n```"
    why = (
        "The program that I wrote broke off"
        if RUN in call.text
        else f"The program broke off with {_ended(broken[0])}"
    )
    rest = f" Before that it said:\n```\n{said[-1500:]}\n```" if said else ""
    return f"That did not work. {why}.{rest}"


def _ended(line: str) -> str:
    """The last line of a traceback, as one piece of a sentence."""
    return f"`{line.strip().replace('`', chr(39))[:200] or 'an error'}`"


def _plan(question: str) -> list[str]:
    if found := COMMAND.search(question):
        return [(found[1] or found[2]).strip()]
    if attached := ATTACHED.findall(question):
        names = " ".join(map(shlex.quote, attached))
        return [f"head -c 300 -- {names} | cat -v", _tidy(names, question)]
    if FIRST.match(question.partition("\n")[0]):
        return [_tidy("in/*", question)]
    return [_tidy("--highest out/*clean.*")] if HIGHEST.search(question) else []


def _tidy(names: str, question: str = "") -> str:
    found = MONTH_FIRST.search(question)
    order = f"--{found[1].lower()}-first " if found else ""
    return f"{WRITE}\n{RUN} {order}{names}"


def _seconds(question: str) -> int:
    found = LONG.search(question)
    return 0 if found is None else int(found[1]) * (60 if found[2].startswith("m") else 1)


def _failed(result: Entry) -> bool:
    return not result.text.startswith("Exit code: 0\n")


def _output(text: str) -> str:
    return text.partition("Output:\n")[2].strip()
