"""A signed head: what was changed in its line is seen, whatever form it has."""

from __future__ import annotations

import io
import json
import logging
from typing import Literal

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import Head
from bot.domain.signed_head import HeadSigner, NotAHead, NotedHead, read_expected
from bot.telemetry import logs
from tests.factories import NOON, TEAM

KEY, OLDER = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SIGNER = HeadSigner([KEY, OLDER])
HEAD = Head(12, "ab" * 32)
LINE = SIGNER.sign(TEAM, HEAD, NOON)


def test_a_line_is_read_as_it_was_signed() -> None:
    assert SIGNER.read(json.dumps(LINE)) == NotedHead(TEAM, HEAD)


def test_a_line_of_a_key_that_is_still_there_is_read_and_one_of_another_is_not() -> None:
    older = json.dumps(HeadSigner([OLDER]).sign(TEAM, HEAD, NOON))

    assert SIGNER.read(older) == NotedHead(TEAM, HEAD)
    with pytest.raises(NotAHead, match="altered, or signed with a key that is not in STATE_KEYS"):
        HeadSigner([KEY]).read(older)


@pytest.mark.parametrize(
    "change",
    [{"seq": 11}, {"hash": "cd" * 32}, {"team": "T0OTHER001"}, {"at": NOON.isoformat()[:-1]}, {"seq": "12"}]
    + [{"signature": ""}, {"signature": None}, {"signature": "é"}, {"seq": True}],
)
def test_a_line_that_was_altered_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(NotAHead, match="altered"):
        SIGNER.read(json.dumps({**LINE, **change}))


@given(st.integers(0, len(json.dumps(LINE)) - 1), st.characters(codec="utf-8"))
def test_no_other_letter_goes_unseen(at: int, letter: str) -> None:
    line = json.dumps(LINE)
    try:
        read = SIGNER.read(line[:at] + letter + line[at + 1 :])
    except NotAHead:
        return
    assert read == NotedHead(TEAM, HEAD)  # a space for a space


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        "12",
        "null",
        "{}",
        '{"seq":1}',
        "[" * 100_000,
        '"signature"',
        '{"signature":"\\ud800"}',
    ]
    + ["seq=1 signature=x", f"{TEAM}:12:{HEAD.hash}", "\0", "9" * 5_000],
    ids=range(13),
)
def test_what_is_no_head_is_refused(line: str) -> None:
    with pytest.raises(NotAHead):
        SIGNER.read(line)


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_bots_own_log_is_read_as_it_is(form: Literal["json", "text"]) -> None:
    record = logging.makeLogRecord(
        {"name": "bot.background.audit_anchor", "msg": "audit head", "levelname": "INFO", **LINE}
    )
    formatter = logs.JsonLines() if form == "json" else logs.TextLines()
    stream = io.StringIO(formatter.format(record))

    assert SIGNER.read(stream.read()) == NotedHead(TEAM, HEAD)


@pytest.mark.parametrize("text", [f"12:{HEAD.hash}", f" 12:{HEAD.hash.upper()} "])
def test_an_expected_head_may_leave_out_the_workspace(text: str) -> None:
    assert read_expected(text) == NotedHead("", HEAD)
    assert read_expected(f"{TEAM}:{text.strip()}") == NotedHead(TEAM, HEAD)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        f"0:{HEAD.hash}",
        f"-1:{HEAD.hash}",
        f"12:{HEAD.hash[1:]}",
        f"12:{HEAD.hash}0",
        f"١:{HEAD.hash}",
    ]
    + [f"a:b:12:{HEAD.hash}", f"12:{HEAD.hash} 13:{HEAD.hash}", f"{'9' * 40}:{HEAD.hash}"],
)
def test_what_is_no_expected_head_is_refused(text: str) -> None:
    with pytest.raises(NotAHead, match=r"must be SEQ:HASH"):
        read_expected(text)
