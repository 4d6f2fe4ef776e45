"""Reminders and escalations: who is mentioned, and nothing a model wrote is."""

from __future__ import annotations

from datetime import timedelta

from bot.approval import canonical
from bot.slack import notices
from tests.factories import ANA, NOON, OMAR, an_approval
from tests.unit.slack.test_cards import HOSTILE


def test_a_reminder_mentions_who_is_asked_and_says_what_by_whom_and_how_long() -> None:
    text = notices.reminder(an_approval(), ["S0FINANCE1", OMAR], NOON + timedelta(hours=4))

    assert text == (
        f"<!subteam^S0FINANCE1> <@{OMAR}> *issue_refund · 29.00 USD* still waits for you. "
        f"Asked by <@{ANA}>, 20 hours left."
    )


def test_an_escalation_mentions_the_backup() -> None:
    text = notices.escalation(an_approval(), "finance", [OMAR])

    assert text == (
        f"<@{OMAR}> Nobody of finance has decided on *issue_refund · 29.00 USD* yet, so you may as well."
    )


def test_nothing_else_can_mention_or_link() -> None:
    approval = an_approval(tool=HOSTILE, arguments=canonical({"amount": HOSTILE, "currency": "<!channel>"}))
    for text in (notices.reminder(approval, [], NOON), notices.escalation(approval, HOSTILE, [])):
        assert "<!" not in text.replace("&lt;!", "")
        assert "<https" not in text
        assert "\u202e" not in text
