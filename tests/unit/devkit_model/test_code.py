"""The demo's Developer: which commands it writes for what was attached, and how it tells of what they said."""

from __future__ import annotations

import json
import re

import pytest

from bot.domain.attachment import Attachment, described
from bot.settings.config import Settings
from devkit.model import code
from devkit.model.dialogue import Dialogue, Entry, Tool

BROKEN = """Reading.
Traceback (most recent call last):
  File "/workspace/tidy/__main__.py", line 3, in <module>
    main()
    ~~~~^^

ZeroDivisionError: division by `zero`
"""
FIRST = BROKEN.replace("ZeroDivisionError: division by `zero`", "KeyError: 1")
CHAINED = f"{FIRST}\nDuring handling of the above exception, another exception occurred:\n\n{BROKEN[9:]}"


def dialogue(question: str, *ran: tuple[str, str]) -> Dialogue:
    """A question, and the commands that were run for it with what they said."""
    entries = [Entry("user", question)]
    for at, (cmd, said) in enumerate(ran):
        entries.append(Entry("call", json.dumps({"cmd": cmd}), f"c{at}", "exec_command"))
        entries.append(Entry("output", said, f"c{at}"))
    return Dialogue("", tuple(entries), {"exec_command": Tool("exec_command")})


def commands(question: str) -> list[str]:
    """The commands that are run for a question, each of which succeeds."""
    ran: list[tuple[str, str]] = []
    while calls := code.answer(dialogue(question, *ran)).calls:
        ran.append((str(calls[0].arguments["cmd"]), result(0, "fine")))
    return [cmd for cmd, _ in ran]


def result(exit_code: int, said: str) -> str:
    return f"Exit code: {exit_code}\nSeconds: 0.1\nOutput:\n{said}"


def test_each_attached_file_is_named_whatever_it_is_called() -> None:
    names = ("EXPORT.CSV", "b (1), x.xlsx", "--rm -rf.tsv")
    files = [Attachment(name, name, "text/csv", 9, "u") for name in names]
    look, tidy = commands(f"clean these\n\n{described(files)}")

    assert look.endswith("in/EXPORT.CSV 'in/b (1), x.xlsx' 'in/--rm -rf.tsv' | cat -v")
    assert tidy.endswith("python3 -B -m tidy in/EXPORT.CSV 'in/b (1), x.xlsx' 'in/--rm -rf.tsv'")


@pytest.mark.parametrize(
    ("said", "option"),
    [("clean it, month first", "--month-first "), ("the day comes first", "--day-first "), ("clean it", "")],
)
def test_which_of_day_and_month_comes_first_is_what_the_person_says(said: str, option: str) -> None:
    files = described([Attachment("f", "a.csv", "text/csv", 9, "u")])

    assert commands(f"{said}\n\n{files}")[-1].endswith(f"python3 -B -m tidy {option}in/a.csv")


def test_which_comes_first_may_be_said_later() -> None:
    assert commands("month first")[-1].endswith("python3 -B -m tidy --month-first in/*")
    assert not code.is_meant(dialogue("refund INV-1003, the first of the month"))


def test_what_it_writes_waits_for_nobody() -> None:
    pattern = Settings.model_fields["shell_ask"].default

    assert not re.search(pattern, code.WRITE)


@pytest.mark.parametrize("broken", [BROKEN, CHAINED])
def test_a_program_that_broke_off_is_told_in_a_sentence(broken: str) -> None:
    asked = code.answer(dialogue("run `python3 x.py`", ("python3 x.py", result(1, broken)))).text
    own = code.answer(dialogue("the attached csv", ("x; python3 -B -m tidy a", result(1, broken)))).text

    assert asked.startswith(
        "That did not work. The program broke off with `ZeroDivisionError: division by 'zero'`."
    )
    assert own.startswith("That did not work. The program that I wrote broke off.")
    for text in (asked, own):
        assert "Reading." in text
        assert "Traceback" not in text
        assert 'File "' not in text
        assert "~~~~" not in text
        assert "exception" not in text


def test_what_its_own_program_says_is_told_in_words() -> None:
    ran = ("x; python3 -B -m tidy a.csv", result(0, "`a.csv`: 2 rows."))
    slow = ("x; python3 -B -m tidy a.csv", result(124, "Command timed out after 240000ms"))
    refused = ("x; python3 -B -m tidy a.pdf", result(1, "`a.pdf` is a PDF."))

    assert code.answer(dialogue("month first", ran)).text == "Done. `a.csv`: 2 rows."
    assert code.answer(dialogue("month first", refused)).text == "`a.pdf` is a PDF."
    assert "it took longer than it may" in code.answer(dialogue("month first", slow)).text
