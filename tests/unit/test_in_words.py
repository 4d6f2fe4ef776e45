"""Words that sound like a button: which ones, and which not."""

from __future__ import annotations

import pytest

from bot.conversation.in_words import hint_to_decider, instead, noted
from bot.domain.approvals.in_words import agrees, decides, only_withdraws, withdraws
from bot.domain.approvals.preview import Preview
from bot.domain.events import MessageReceived
from tests.factories import ANA, OMAR, an_approval

WITHDRAWING = (
    "never mind, cancel that refund",
    "Cancel",
    "Please cancel it.",
    "Nevermind!",
    "oh no, sorry - stop that",
    "forget it",
    "can you withdraw this?",
    "The customer called, so forget about it",
    "don’t do it",
    "it's not needed",
    "Actually, scrap that",
    "on second thought, take it back",
    "nvm",
    "pls cancel",
    "hold on",
    "No, wait!",
    "scratch that",
    "please ignore my last message",
    "I changed my mind",
    "sorry, I made a mistake",
    "oh no, wrong invoice",
    "do not issue the refund",
    "let's not do this",
    "don't approve it",
    "we don't need this anymore",
    "no need, the customer has paid",
    "no longer needed",
    "call off the refund",
    "could this be cancelled?",
    "please reject that request",
    *(
        "*cancel*",
        "_cancel it_",
        "`cancel`",
        "🛑 stop",
        ":octagonal_sign: stop",
        "cancel 🙏",
        "@Omar please cancel",
    ),
    *(
        "can we cancel?",
        "I need to cancel it",
        "we have to stop this",
        "I take it back",
        "I withdraw my request",
    ),
    *(
        "hold it",
        "hold the refund",
        "put it on hold",
        "hang on",
        "wait a second",
        "wait, wrong one",
        "better not",
    ),
    *("that refund is not needed anymore", "no longer required", "oops wrong amount", "that was an error"),
    *("actually don't", "no, don’t", "nope, don't", "let's not", "revert that", "please reject"),
    *("it's a duplicate", "already refunded", "I meant INV-1004", "it should be $12", "make it $12"),
)
OTHERS = (
    "",
    "what is its date?",
    "do not forget the invoice",
    "was it cancelled?",
    "the customer wants to cancel next month",
    "please also refund INV-1004",
    "cancel " * 13,
    "stopping by later",
    "how do I withdraw money from my account?",
    "remove the duplicates from the file",
    "what is wrong with the invoice?",
    "please wait for the customer's answer",
    "I do not know the customer",
    "they don't want a voucher",
    "is the wrong customer on it?",
    "delete the old files",
    *(
        "stop by my office later",
        "make that a table",
        "should we refund more?",
        "I have already refunded INV-1004",
    ),
    *(
        "put it in a file",
        "hold the line chart back",
        "the duplicate rows are gone",
        "we need to pay by Friday",
    ),
)


@pytest.mark.parametrize("text", WITHDRAWING)
def test_a_wish_to_withdraw_is_heard(text: str) -> None:
    assert withdraws(text)


@pytest.mark.parametrize("text", OTHERS)
def test_other_words_are_no_wish_to_withdraw(text: str) -> None:
    assert not withdraws(text)


def test_a_message_that_says_more_is_read_as_well() -> None:
    assert only_withdraws("Never mind. Cancel that refund, please!")
    assert not only_withdraws("forget it, use INV-1004 instead")
    assert withdraws("forget it, use INV-1004 instead")
    assert not only_withdraws("please")
    assert not only_withdraws("I meant INV-1004")  # the model has to read that
    assert only_withdraws("🛑 *stop*, it's a duplicate")


DECIDING = (
    "approved",
    "Approved!",
    "ok approve",
    "LGTM",
    "i approve this refund",
    "*Rejected*.",
    "not approved",
    "I don't approve",
    "approving now",
    "disapproved",
    "approved from finance",
)
AGREEING = (
    "yes",
    "ok",
    "+1",
    ":+1:",
    "👍🏽",
    *(":+1::skin-tone-3:", "☑️", "💯", "sgtm", "absolutely"),
    "go ahead",
    "looks good to me",
    ":white_check_mark:",
    "no",
    "ship it",
    "you may proceed",
    "👌",
    "sounds good",
)
NEITHER = (
    *("", "was this approved?", "approved by whom?", "approve it once the customer has sent the form back"),
    *("Omar approved INV-1004 yesterday", "thanks", "please"),
)


@pytest.mark.parametrize("text", DECIDING)
def test_a_decision_by_name_is_heard_anywhere(text: str) -> None:
    assert decides(text)
    assert agrees(text)


@pytest.mark.parametrize("text", AGREEING)
def test_a_nod_is_heard_where_a_card_waits_and_nowhere_else(text: str) -> None:
    assert agrees(text)
    assert not decides(text)


@pytest.mark.parametrize("text", NEITHER)
def test_other_words_are_no_decision(text: str) -> None:
    assert not agrees(text)
    assert not decides(text)


def a_message(text: str, user: str = ANA) -> MessageReceived:
    return MessageReceived("1795435300.000100", user, text)


def test_a_wish_to_withdraw_and_nothing_else_is_asked_back_and_not_read_by_the_run() -> None:
    waiting = [an_approval()]
    answer = instead(a_message("never mind, cancel that"), waiting)

    assert answer is not None
    assert answer.withdrawable == (waiting[0].id,)
    assert instead(a_message("never mind, cancel that", OMAR), waiting) is None
    assert instead(a_message("forget it, use INV-1004"), waiting) is None
    assert noted(a_message("forget it, use INV-1004"), waiting).withdrawable == (waiting[0].id,)
    assert noted(a_message("what is its date?"), waiting).withdrawable == ()


def test_who_decides_in_words_is_told_and_who_asked_only_of_a_decision_by_name() -> None:
    waiting = [an_approval()]

    assert "Words decide nothing here" in hint_to_decider(a_message("yes", OMAR), waiting)
    assert "Words decide nothing here" in hint_to_decider(a_message("approved"), waiting)
    assert not hint_to_decider(a_message("yes"), waiting)
    assert not hint_to_decider(a_message("approved", OMAR), [])


TITLE = "Refund 29.00 USD to Hazel & Co, INV-1003"


def test_what_waits_is_named_as_its_card_names_it() -> None:
    waiting = [an_approval(preview=Preview(TITLE))]

    hint = hint_to_decider(a_message("yes", OMAR), waiting)
    assert hint.startswith(
        "Words decide nothing here: “Refund 29.00 USD to Hazel &amp; Co, INV-1003” waits until"
    )
    assert f"to decide on “{TITLE}”;" in noted(a_message("what is its date?"), waiting).text


def test_what_no_preview_names_is_named_by_its_tool_and_what_it_moves() -> None:
    waiting = [an_approval(), an_approval(arguments='{"page":"1"}', title="Give money back")]

    hint = hint_to_decider(a_message("yes", OMAR), waiting)
    assert "“Give money back” and “Issue refund · 29.00 USD” waits" in hint
