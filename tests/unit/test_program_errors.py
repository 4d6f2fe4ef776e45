"""Lines by which a program breaks off are known, and are not shown to people; what it says otherwise is."""

from __future__ import annotations

import pytest

from bot.conversation.live_progress import shown_tail
from bot.domain import sentences


@pytest.mark.parametrize(
    "said",
    [
        "Traceback (most recent call last):\n",
        '  File "/workspace/a.py", line 12, in main\n    total(rows)\n',
        "    total += float(row[3])\nValueError: could not convert string to float: '$1'\n",
        "    ~~~~~^^^^\nKeyError: 'amount'",
        "pandas.errors.ParserError: Error tokenizing data.",
        "KeyboardInterrupt\n",
        "    at Object.<anonymous> (/workspace/a.js:3:1)\n    at node:internal/main:30:49\n",
        'Exception in thread "main" java.lang.NullPointerException',
        "\tat com.example.Main.main(Main.java:5)\n",
        "thread 'main' panicked at src/main.rs:2:5:",
    ],
)
def test_of_a_program_that_breaks_off_people_see_one_sentence(said: str) -> None:
    assert shown_tail(said) == sentences.PROGRAM_ERROR


@pytest.mark.parametrize(
    "said",
    [
        "row 10 of 200",
        "ls: cannot access 'a': No such file or directory",
        "Errors: 0, warnings: 3",
        "Error rate of the model: 3 %",
        "meeting at noon:30",
        "at 10:30",
        "File a.csv, line 12",
        "",
    ],
)
def test_what_a_program_says_otherwise_is_shown(said: str) -> None:
    assert shown_tail(f"{said}\n") == said


def test_of_a_long_line_the_end_is_shown() -> None:
    assert len(shown_tail("x" * 500)) <= 101
