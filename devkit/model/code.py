"""The demo model as a developer: it writes commands that are really run, and reads what they print."""

from __future__ import annotations

import re
from importlib.resources import files
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

_TIDY: Final = files("devkit.model").joinpath("tidy.py").read_text(encoding="utf-8")
TIDY: Final = f"cat > tidy.py <<'END_OF_PROGRAM'\n{_TIDY}END_OF_PROGRAM\npython3 tidy.py"
LOOK: Final = "head -n 3 in/*.csv"
#: Of the clean file that an earlier request had left behind.
BEST: Final = (
    'python3 -c "import csv,collections; m=collections.Counter();\n'
    "for r in csv.DictReader(open('out/clean.csv')): m[r['date'][:7]]+=float(r['amount'])\n"
    "print('highest:', *m.most_common(1)[0])\""
)


def answer(dialogue: Dialogue) -> Answer:
    """Answer as Developer."""
    done = dialogue.outputs("exec_command", dialogue.since_user)
    steps = _plan(dialogue.question)
    if len(done) < len(steps) and not any(_failed(result) for _, result in done):
        seconds = _seconds(dialogue.question)
        more = {"timeout_seconds": seconds} if seconds else {}
        return Answer("", (Call("exec_command", {"cmd": steps[len(done)], **more}),))
    if not done:
        return Answer("Attach a CSV of invoices, or tell me what to run: run `ls -l`.")
    said = done[-1][1].text
    if _failed(done[-1][1]):
        return Answer(f"That did not work:\n```\n{said[-1500:]}\n```")
    return Answer(f"Done. This is what came out:\n```\n{_output(said)[-1500:]}\n```")


def _plan(question: str) -> list[str]:
    if found := COMMAND.search(question):
        return [(found[1] or found[2]).strip()]
    if "/workspace/in/" in question:
        return [LOOK, TIDY]
    return [BEST] if HIGHEST.search(question) else []


def _seconds(question: str) -> int:
    found = LONG.search(question)
    return 0 if found is None else int(found[1]) * (60 if found[2].startswith("m") else 1)


def _failed(result: Entry) -> bool:
    return not result.text.startswith("Exit code: 0\n")


def _output(text: str) -> str:
    return text.partition("Output:\n")[2].strip()
