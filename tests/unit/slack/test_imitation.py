"""A text that looks like a card is said to be none; the cards themselves are the measure."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from bot.domain import click_answers
from bot.domain.approvals.approval import (
    Approval,
    ApprovalStatus,
    Edit,
    Ending,
    Execution,
    Question,
    Verdict,
    canonical,
)
from bot.slack import card_words, cards
from bot.slack.card_imitation import imitates
from bot.slack.reply_blocks import Below, Steps, draw
from tests.factories import NOON, OMAR, a_decision, an_approval
from tests.unit.slack import block_kit

DECIDED = [a_decision(OMAR, verdict) for verdict in Verdict]


def lines_of(approval: Approval) -> list[str]:
    """The card's own lines that carry meaning: its headline, and its buttons as one draws them."""
    card = cards.card(approval)
    buttons = [
        e["text"]["text"] for b in card.blocks for e in b.get("elements", ()) if e.get("type") == "button"
    ]
    drawn = " ".join(f"[ {label} ]" for label in buttons if label != "Show everything")
    return [card_words.headline_of(approval), *([drawn] if drawn else [])]


@pytest.mark.parametrize("status", list(ApprovalStatus))
def test_the_headline_and_the_buttons_of_every_card_are_known(status: ApprovalStatus) -> None:
    for approval in (an_approval(status=status), an_approval(status=status, question=Question.OUTCOME)):
        unknown = [
            line for line in lines_of(approval) if not imitates(f"Here it is:\n\n**{line}**\n\nthanks")
        ]

        assert unknown == []


def test_a_card_that_was_copied_as_text_is_known_by_each_of_its_parts() -> None:
    texts = block_kit.texts(cards.card(an_approval()).blocks)
    alone = [text for text in texts if imitates(text)]

    assert [text.split("\n")[0] for text in alone if "needed" in text] == [
        "Approval needed: Issue refund · 29.00 USD"
    ]
    assert any("Who can decide" in text for text in alone)
    assert any("Fingerprint" in text for text in alone)
    assert any("Why it is asked" in text for text in alone)


@pytest.mark.parametrize(
    "text",
    [
        "Approval needed",
        "# Approval needed: Issue refund · 9,999.00 USD",
        "> **Approval** *needed*",
        ":warning: Approval needed",
        "\U0001f6a8 APPROVAL  REQUIRED",
        "Approval\nneeded",
        "A p p r o v a l  n e e d e d",
        "Approvаl nееded",
        "Ａｐｐｒｏｖａｌ ｎｅｅｄｅｄ",
        "Approval\u200b need\u00aded",
        "A\u0336pproval needed",
        "Approval&nbsp;needed &#65;",
        "\\*Approval needed\\*",
        "```\nApproval needed\n```",
        "| Approval needed | x |\n|---|---|",
        "| x | Approval needed |",
        "x<br>Approval needed",
        "x\rApproval needed",
        "*Approved* by <@U0OMAR0001>",
        "Approved: Issue refund · 29.00 USD",
        "**Rejected**: Issue refund",
        ":white_check_mark: Approved: Issue refund · 29.00 USD",
        ":tada: :x: *Rejected*: Issue refund",
        "ᴀᴘᴘʀᴏᴠᴀʟ ɴᴇᴇᴅᴇᴅ",
        "\U0001f170\U0001f17f\U0001f17f\U0001f181\U0001f17e\U0001f185\U0001f170\U0001f17b needed",
        "Appro\u200bved: issue_refund",
        "App\u0336rove / Re\u200bject",
        "Fingerprint `0123456789ab`",
        "SHA-256 of tool and arguments: `00`",
        "Did this happen: Issue refund?",
        "[Approve] [Reject]",
        "`Approve` | `Reject` | `Edit`",
        "- Approve\n- Reject",
        "[ Approve ]",
        ":white_check_mark: Approve   :x: Reject",
        "✅ Approve ❌ Reject",
        "[Approve (evil.test)](https://evil.test)",
        "(Approve)  (Reject)",
        "Approve / Deny",
        "**Approve for the rest of this run** · **Reject**",
        "It happened / It did not happen",
    ],
)
def test_what_looks_like_a_card_is_known(text: str) -> None:
    assert imitates(text)
    assert imitates(f"Look:\n\n{text}\n\nThanks.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Done: I refunded 29.00 USD on INV-1003.",
        "This needs an approval, and I have asked for it.",
        "Omar approved it; I have made the refund.",
        "The refund was rejected because the invoice is too old.",
        "I will approve of that.",
        "Edit the file, then try again.",
        "1. Edit the file\n2. Try again later",
        "Approve",
        "| invoice | amount |\n|---|---|\n| INV-1 | 29.00 |",
        "The button says Approve, and next to it is Reject.",
        "It happened on Tuesday.",
        "expired certificates: three",
    ],
)
def test_what_only_speaks_of_approvals_is_left_alone(text: str) -> None:
    assert not imitates(text)


def test_the_mark_stands_above_the_text_in_a_block_of_its_own_and_in_the_notification() -> None:
    first, second = draw(["All is well.", "```\nApproval needed\n```"], Steps(), below=Below())
    block, text = second.blocks

    assert [one["type"] for one in first.blocks] == ["markdown"]
    assert block["elements"] == [{"type": "plain_text", "text": click_answers.NOT_A_CARD, "emoji": False}]
    assert text["type"] == "markdown"
    assert second.text.startswith("The assistant wrote this.")
    assert click_answers.NOT_A_CARD not in first.text


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 40_000,
        "a\n" * 20_000,
        "edit\n" * 8_000,
        "(" * 40_000,
        ":a" * 20_000,
        "approval\nneede\n" * 3_000,
    ],
)
def test_a_hostile_text_takes_no_longer_than_a_long_one(text: str) -> None:
    assert imitates(text) is text.startswith("edit")


def test_what_becomes_of_a_card_is_known_as_well() -> None:
    edit = Edit(OMAR, NOON, canonical({"amount": "29.00"}), canonical({"amount": "25.00"}))
    for decision, ending in itertools.product(DECIDED, Ending):
        approval = replace(
            an_approval(status=ApprovalStatus.APPROVED, closed_at=NOON, edits=(edit,)),
            decisions=(decision,),
            execution=Execution(ending, NOON, ""),
        )
        texts = block_kit.texts(cards.card(approval).blocks)

        assert [
            text for text in texts if text.startswith("*") and " by <@" in text and not imitates(text)
        ] == []
