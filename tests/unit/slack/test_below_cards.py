"""Reminders and escalations: who is mentioned, and nothing a model wrote is."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.approvals.approval import canonical
from bot.domain.approvals.preview import Preview
from bot.slack import below_cards, requester_news
from bot.slack.forms import ClickedAt, reject_view
from tests.factories import ANA, NOON, OMAR, an_approval
from tests.unit.slack.test_cards import HOSTILE


def test_a_reminder_mentions_who_is_asked_and_says_what_by_whom_and_how_long() -> None:
    text = below_cards.reminder(an_approval(), ["S0FINANCE1", OMAR], NOON + timedelta(hours=4))

    assert text == (
        f"<!subteam^S0FINANCE1> <@{OMAR}> *Issue refund · 29.00 USD* still waits for you. "
        f"Asked by <@{ANA}>, 20 hours left."
    )


def test_an_escalation_mentions_the_backup() -> None:
    text = below_cards.escalation(an_approval(), "finance", [OMAR])

    assert text == (
        f"<@{OMAR}> Nobody of finance has decided on *Issue refund · 29.00 USD* yet, so you may as well."
    )


def test_what_is_said_below_a_card_has_the_name_of_its_headline() -> None:
    refund = an_approval(preview=Preview("Refund 29.00 USD to Hazel & Co, INV-1003"), twin=1, twins=2)
    name = "*Refund 29.00 USD to Hazel &amp; Co, INV-1003 (1 of 2 identical)*"

    assert f"{name} still waits for you." in below_cards.reminder(refund, [OMAR], NOON)
    assert f"has decided on {name} yet" in below_cards.escalation(refund, "finance", [OMAR])
    assert requester_news.half_approved(refund).endswith(f"have agreed on {name}.")
    long = below_cards.named(an_approval(preview=Preview("Refund to " + "Hazel " * 200)))
    assert len(long) <= below_cards.NAMED + len("**")


def test_the_form_that_rejects_names_the_call_as_its_card_does() -> None:
    refund = an_approval(preview=Preview("Refund 29.00 USD to Hazel & Co, INV-1003"))
    (said, _) = reject_view(refund, ClickedAt("C1", "1.0"))["blocks"]

    assert said["text"]["text"].startswith("“Refund 29.00 USD to Hazel & Co, INV-1003” will not be done.")


def test_nothing_else_can_mention_or_link() -> None:
    approval = an_approval(tool=HOSTILE, arguments=canonical({"amount": HOSTILE, "currency": "<!channel>"}))
    for text in (below_cards.reminder(approval, [], NOON), below_cards.escalation(approval, HOSTILE, [])):
        assert "<!" not in text.replace("&lt;!", "")
        assert "<https" not in text
        assert "\u202e" not in text
