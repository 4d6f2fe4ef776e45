"""The rules that say whether the bot was meant, each with what it is for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.spoken_to import ends_in_question
from bot.domain.when_to_speak import Talk, ThreadReplies, Why, Written, judge

ANA, MEI, THEO = "U0ANA00001", "U0MEI00001", "U0THEO0001"
DOCUMENT = Path(__file__).parents[2] / "docs" / "speaking.md"
TWO = Talk((ANA, MEI), answered=ANA)
ALONE = Talk((ANA,), answered=ANA)


def rule(
    text: str, talk: Talk = TWO, setting: ThreadReplies = "auto", user: str = ANA, **written: bool
) -> Why:
    return judge(Written(user, text, **written), talk, setting, bot_names=["countersign", ""])


@pytest.mark.parametrize(
    "text",
    [
        "thanks Mei, have a nice weekend!",
        "Thanks Mei!",
        "ok great, thank you so much, Theo",
        "Hi Mei",
        "good morning all",
        "Cheers guys",
        "congrats @Theo \N{PARTY POPPER}",
        "You\u2019re welcome, Zoë",
    ],
)
@pytest.mark.parametrize("talk", [TWO, ALONE], ids=["several", "one"])
def test_thanks_and_greetings_to_somebody_are_not_for_the_bot(text: str, talk: Talk) -> None:
    assert rule(text, talk) is Why.THANKS_SOMEBODY


@pytest.mark.parametrize(
    "text", ["thanks!", "ok, cool", "\N{THUMBS UP SIGN}\U0001f3fd", ":tada: :tada:", "Great, will do", "yes", "+1",
     ":+1::skin-tone-3:", ":pray::skin-tone-2: thanks", ":tada::tada:", "🎉🎉🎉", "✅", "🙌🏽", "❤️", ":slightly_smiling_face:",
     "got it", "you’re the best", "makes sense", "much appreciated", "np", "thanks…", "*thanks*", "done ✅"],
)  # fmt: skip
def test_a_nod_is_answered_only_where_nobody_else_can_be_meant(text: str) -> None:
    assert rule(text) is Why.COURTESY
    assert rule(text, ALONE) is Why.ALONE


@pytest.mark.parametrize(
    "text", ["summarize this", "I need the date", "Thanks. Now show INV-1004", "same for INV-1004"]
)
def test_who_was_answered_last_and_wants_more_in_so_many_words_is_not_overheard(text: str) -> None:
    assert rule(text, replace(TWO, overheard=True)) is Why.COMES_BACK


@pytest.mark.parametrize("text", ["Mei, can you look?", "@Theo what do you think?", "Émile, bitte"])
def test_a_name_at_the_beginning_is_for_whoever_has_it(text: str) -> None:
    assert rule(text) is Why.CALLS_SOMEBODY
    assert rule(text, ALONE) is Why.MAY_CALL_SOMEBODY


@pytest.mark.parametrize(
    "text", ["Yes, please", "INV-1003, please", "Tomorrow, then", "Also, the date", "USD, not EUR",
     "Thanks, and what is its date?", "Hello, refund INV-1003", "Refund, please", "Unfortunately, it is wrong", "English, please"],
)  # fmt: skip
def test_other_words_with_a_capital_are_no_name(text: str) -> None:
    assert rule(text, ALONE) is Why.ALONE


@pytest.mark.parametrize(
    "text",
    [
        "Countersign, show me INV-1003",
        "hey countersign what now",
        "@Countersign go",
        "thanks Countersign",
        "countersign?",
    ],
)
def test_the_bots_own_name_calls_it(text: str) -> None:
    assert rule(text, Talk((ANA, MEI), answered=MEI, overheard=True)) is Why.NAMED


@pytest.mark.parametrize("text", ["Countersign is down again", "we use countersigned copies, don't we"])
def test_words_about_the_bot_are_not_to_it(text: str) -> None:
    assert rule(text, Talk((ANA, MEI), answered=MEI, overheard=True)) is Why.PEOPLE_TALK


@pytest.mark.parametrize("setting", ["auto", "always", "mention"])
def test_who_mentions_somebody_else_is_never_answered_and_who_mentions_the_bot_always(
    setting: ThreadReplies,
) -> None:
    assert rule("is that yours?", ALONE, setting, to_others=True) is Why.TO_OTHERS
    assert rule("thanks Mei", TWO, setting, addressed=True) is Why.ADDRESSED


def test_the_setting_says_whether_words_without_a_mention_count() -> None:
    assert rule("and its date?", ALONE, "mention") is Why.MENTION_ONLY
    assert rule("thanks Mei", TWO, "always") is Why.ALWAYS


@pytest.mark.parametrize("setting", ["auto", "mention"])
@pytest.mark.parametrize(
    ("user", "text", "answers"),
    [
        (ANA, "never mind, cancel that refund", True),
        (ANA, "approved", True),
        (ANA, "ok", False),  # an answer to somebody
        (MEI, "ok approve", True),
        (MEI, "yes", True),
        (MEI, "never mind", False),  # it is not hers to take back
    ],
)
def test_words_like_a_button_are_answered_while_a_request_waits(
    setting: ThreadReplies, user: str, text: str, answers: bool
) -> None:
    talk = Talk((ANA, MEI), answered=ANA, overheard=True, requesters=(ANA,))

    assert (rule(text, talk, setting, user=user) is Why.LIKE_A_BUTTON) is answers
    assert rule(text, Talk((ANA, MEI), overheard=True), setting, user=user) is not Why.LIKE_A_BUTTON


def test_who_was_asked_back_answers_the_bot_unless_somebody_spoke_since() -> None:
    asked = Talk((ANA, MEI), answered=ANA, asked_back=True)

    assert rule("Paris, please", asked) is Why.ASKED_BACK
    assert rule("Paris please", asked, user=MEI) is Why.IN_DOUBT
    assert rule("Paris please", Talk((ANA, MEI), ANA, asked_back=True, overheard=True)) is Why.PEOPLE_TALK
    assert rule("thanks Mei", asked) is Why.THANKS_SOMEBODY


def test_in_company_the_next_word_after_the_bots_is_in_doubt_and_later_ones_are_peoples() -> None:
    talking = Talk((ANA, MEI), answered=ANA, overheard=True)

    assert rule("and what is its date?") is Why.IN_DOUBT
    assert rule("I will book it", user=MEI) is Why.IN_DOUBT
    assert rule("I will book it", talking) is Why.PEOPLE_TALK
    assert rule("is that so?", talking, user=MEI) is Why.PEOPLE_TALK
    assert rule("and what is its date?", talking) is Why.COMES_BACK


def test_what_is_read_late_is_not_answered_where_the_talk_has_gone_on() -> None:
    talking = Talk((ANA, MEI), answered=ANA, overheard=True)

    assert rule("and what is its date?", late=True) is Why.OVER
    assert rule("and what is its date?", talking, late=True) is Why.OVER
    assert rule("and what is its date?", ALONE, late=True) is Why.ALONE


def test_every_rule_answers_keeps_silent_or_asks() -> None:
    assert {why.split(":")[0] for why in Why} == {"answers", "silent", "check"}
    assert [why for why in Why if why.answers and why.is_doubt] == []


def test_the_document_has_every_rule_in_its_order() -> None:
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").split())
    places = [text.find(f"`{why.name}`") for why in Why]

    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("answer", "asks"),
    [
        ("Which invoice do you mean?", True),
        ("It is paid. **Shall I refund it?**\n\n", True),
        ("Is it this? It is paid.", False),
        ("", False),
    ],
)
def test_an_answer_asks_back_where_its_last_line_is_a_question(answer: str, asks: bool) -> None:
    assert ends_in_question(answer) is asks
