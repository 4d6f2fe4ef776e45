"""Logging: the form of a line, the fields of a thread, and no secrets."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from cryptography.fernet import Fernet
from freezegun import freeze_time

from bot.telemetry import logs

FERNET_KEY = Fernet.generate_key().decode()

SetUp = Callable[[str, Literal["json", "text"]], io.StringIO]


@pytest.fixture
def set_up() -> Iterator[SetUp]:
    root, bot = logging.getLogger(), logging.getLogger("bot")
    before = (root.handlers[:], root.level, bot.level)

    def start(level: str, form: Literal["json", "text"]) -> io.StringIO:
        stream = io.StringIO()
        # `force` closes the handlers it replaces, so pytest's are taken out of its way first.
        root.handlers[:] = []
        logs.set_up(level, form, stream=stream)
        return stream

    yield start
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    bot.setLevel(before[2])


@freeze_time("2026-11-23T09:30:00.25+01:00")
def test_a_json_line_holds_text_fields_and_time(set_up: SetUp) -> None:
    stream = set_up("INFO", "json")

    with logs.bound(thread="T1/C1/1.0"):
        logging.getLogger("bot.background.worker").info("run finished", extra={"turns": 3})

    assert json.loads(stream.getvalue()) == {
        "time": "2026-11-23T08:30:00.250+00:00",
        "level": "INFO",
        "logger": "bot.background.worker",
        "text": "run finished",
        "thread": "T1/C1/1.0",
        "turns": 3,
    }


def test_a_text_line_holds_the_same(set_up: SetUp) -> None:
    stream = set_up("INFO", "text")

    with logs.bound(thread="T1/C1/1.0"):
        logging.getLogger("bot.background.worker").warning("lease lost")

    assert stream.getvalue().endswith("WARNING bot.background.worker: lease lost thread=T1/C1/1.0\n")


def test_an_exception_is_one_json_line_too(set_up: SetUp) -> None:
    stream = set_up("INFO", "json")

    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("bot").exception("failed")

    assert "ValueError: broken" in json.loads(stream.getvalue())["exception"]


def test_libraries_are_heard_from_warnings_on_however_talkative_the_bot_is(set_up: SetUp) -> None:
    stream = set_up("DEBUG", "json")

    logging.getLogger("slack_sdk.web").info("payload")
    logging.getLogger("bot.slack").debug("edited")

    assert json.loads(stream.getvalue())["text"] == "edited"


async def test_fields_follow_the_tasks_of_their_block_and_no_others(set_up: SetUp) -> None:
    stream = set_up("INFO", "json")

    async def work(thread: str) -> None:
        with logs.bound(thread=thread):
            await asyncio.gather(asyncio.to_thread(logging.getLogger("bot").info, "step"))

    await asyncio.gather(work("T/C/1"), work("T/C/2"))
    logging.getLogger("bot").info("outside")

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert sorted(line.get("thread", "") for line in lines) == ["", "T/C/1", "T/C/2"]


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-123-456-AbCdEf",
        "xapp-1-A012-345-abcdef",
        "sk-proj-abcdEFGH_1234",
        FERNET_KEY,
        Fernet(FERNET_KEY).encrypt(b"text").decode(),
    ],
    ids=["bot token", "app token", "model key", "Fernet key", "sealed text"],
)
@pytest.mark.parametrize("form", ["json", "text"])
def test_a_secret_is_never_written(set_up: SetUp, form: Literal["json", "text"], secret: str) -> None:
    stream = set_up("INFO", form)

    logging.getLogger("bot").info("asked with %s", secret, extra={"headers": {"token": secret}})
    try:
        raise RuntimeError(f"bad token {secret}")
    except RuntimeError:
        logging.getLogger("bot").exception("failed")

    assert secret not in stream.getvalue()
    assert logs.REDACTED in stream.getvalue()


@pytest.mark.parametrize("before", ["\n", "\r\n", "\t", "\x00", "\x1b", "\\n", "'", '"'])
@pytest.mark.parametrize("secret", ["sk-proj-abcdEFGH_1234", FERNET_KEY], ids=["model key", "Fernet key"])
@pytest.mark.parametrize("form", ["json", "text"])
def test_a_secret_is_known_behind_any_sign(
    set_up: SetUp, form: Literal["json", "text"], secret: str, before: str
) -> None:
    stream = set_up("INFO", form)

    logging.getLogger("bot").error("not taken:%s", f"{before}{secret}", extra={"of": [f"{before}{secret}"]})

    assert secret not in stream.getvalue()
    assert stream.getvalue().count(logs.REDACTED) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        ("redis://:hunter2@redis:6379/0", "redis://[redacted]@redis:6379/0"),
        (
            "invoice INV-1003 in C0SUPPORT1/1795000000.000100",
            "invoice INV-1003 in C0SUPPORT1/1795000000.000100",
        ),
        ("https://slack.com/api/auth.test", "https://slack.com/api/auth.test"),
        ("task-force", "task-force"),
    ],
)
def test_what_is_no_secret_stays_readable(text: str, expected: str) -> None:
    assert logs.redact(text) == expected
