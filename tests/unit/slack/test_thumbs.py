"""The thumbs below an answer, in Slack's form or as plain buttons; an answer is never lost for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.errors import SlackRejected
from bot.domain.feedback import Opinion, Vote, day_of, ends_ms, opinions
from bot.operations.audit_tally import Layout
from bot.operations.feedback_report import drawn
from bot.slack import actions, thumbs
from bot.slack.thumbs import Kind, Thumbs
from devkit.slack.block_rules import check_blocks
from devkit.slack.rules import Refusal

ANSWER = "msg:C0SUPPORT1:1795435200.000100"


class Stream:
    """As much of a reply as thumbs need: it takes no kind of block in `refused`."""

    def __init__(self, *refused: str, code: str = "invalid_blocks") -> None:
        self.event_id = ANSWER
        self.refused, self.code = refused, code
        self.shown: tuple[str, Sequence[dict[str, Any]]] = ("", [])

    async def finish(self, text: str, *, own: str, go_on: bool, more: Sequence[dict[str, Any]]) -> None:
        del own, go_on
        if any(block["type"] in self.refused for block in more):
            raise SlackRejected("chat.update", self.code)
        self.shown = (text, more)


async def finished(stream: Stream, below: Thumbs) -> list[str]:
    await below.finish(stream, "Hello", "Billing", own="", go_on=False)  # pyright: ignore[reportArgumentType]
    assert stream.shown[0] == "Hello"
    return [str(block["type"]) for block in stream.shown[1]]


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_taken_by_slack_and_read_back(kind: Kind) -> None:
    drawn = thumbs.blocks(kind, ANSWER, "Billing and refunds")
    element = drawn[0]["elements"][0] if kind is Kind.THUMBS else {}
    halves = [element["positive_button"], element["negative_button"]] if element else []
    plain = [button for block in drawn for button in block["elements"] if button["type"] == "button"]
    pressed = [{"action_id": actions.THUMBS, "value": half["value"]} for half in halves] or plain

    check_blocks([*drawn, {"type": "divider"}])
    read = [thumbs.read(actions.unpack(one) or "") for one in pressed]
    expected = [(True, ANSWER, "Billing and refunds"), (False, ANSWER, "Billing and refunds")]
    assert read == ([] if kind is Kind.NONE else expected)


@pytest.mark.parametrize("value", ["", "up", "up ", "sideways x y", "down"])
def test_what_no_thumb_carries_is_no_vote(value: str) -> None:
    assert thumbs.read(value) is None


def test_a_name_of_any_length_fits_into_a_button() -> None:
    check_blocks(thumbs.blocks(Kind.THUMBS, ANSWER, "x" * 5000))


async def test_where_slack_takes_no_feedback_buttons_there_are_plain_ones_from_then_on() -> None:
    below = Thumbs()
    assert await finished(Stream("context_actions"), below) == ["actions"]
    assert await finished(Stream("context_actions"), below) == ["actions"]
    assert await finished(Stream(), Thumbs()) == ["context_actions"]
    assert await finished(Stream(), Thumbs(Kind.NONE)) == []


async def test_a_refusal_for_another_reason_is_not_taken_for_one_of_the_thumbs() -> None:
    below = Thumbs()
    with pytest.raises(SlackRejected):
        await finished(Stream("context_actions", code="channel_not_found"), below)
    with pytest.raises(SlackRejected):
        await finished(Stream("context_actions", "actions"), below)

    assert await finished(Stream(), below) == ["context_actions"]


@pytest.mark.parametrize(
    "half",
    [
        {},
        {"text": {"type": "mrkdwn", "text": "x"}, "value": "a"},
        {"text": {"type": "plain_text", "text": "x"}},
        {"text": {"type": "plain_text", "text": "x"}, "value": "a" * 2001},
        {"text": {"type": "plain_text", "text": "x"}, "value": "a", "style": "primary"},
    ],
)
def test_the_stand_in_refuses_feedback_buttons_that_slack_would(half: dict[str, Any]) -> None:
    (block,) = thumbs.blocks(Kind.THUMBS, ANSWER, "Billing")
    element = {**block["elements"][0], "positive_button": half}

    with pytest.raises(Refusal):
        check_blocks([{**block, "elements": [element]}])


def vote(agent: str, *, up: bool, days: int = 0, team: str = "T1") -> Vote:
    at = datetime(2026, 11, 26, tzinfo=UTC) - timedelta(days=days)
    return Vote(team, "U1", "T1/C1/1.1", ANSWER, agent, up, at)


def test_votes_are_counted_by_agent_from_a_moment_on() -> None:
    votes = [
        vote("Billing", up=True),
        vote("Billing", up=False),
        vote("Billing", up=True, days=9),
        vote("Triage", up=False),
    ]

    assert opinions(votes, datetime(2026, 11, 20, tzinfo=UTC)) == [
        Opinion("T1", "Billing", 1, 1),
        Opinion("T1", "Triage", 0, 1),
    ]
    assert opinions(votes)[0] == Opinion("T1", "Billing", 2, 1)


def test_a_report_is_a_table_or_csv_that_no_spreadsheet_takes_for_a_formula() -> None:
    counts = opinions([vote("=Billing()", up=True), vote("=Billing()", up=False)])

    assert drawn(counts, Layout.TABLE)[2].split() == ["T1", "=Billing()", "1", "1", "50%"]
    assert drawn(counts, Layout.CSV) == ["workspace,agent,up,down", "T1,'=Billing(),1,1"]
    assert drawn([], Layout.TABLE) == ["Nobody has pressed a thumb in this time. Votes are kept for 90 days."]


def test_votes_on_answers_of_a_day_go_together_ninety_days_after_it() -> None:
    day = day_of("1795435200.000100")

    assert day == 20780
    assert datetime.fromtimestamp(ends_ms(day) / 1000, UTC) == datetime(2027, 2, 22, tzinfo=UTC)
