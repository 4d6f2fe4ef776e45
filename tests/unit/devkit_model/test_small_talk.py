"""What the demo's model answers to whatever a newcomer writes to the support team."""

from __future__ import annotations

import re

import pytest

from devkit.model import rules, samples
from devkit.model.dialogue import Answer, Dialogue, Entry, Tool

SAYS = "Handoff to the {} agent to handle the request. {}"
BILLING = Tool("transfer_to_billing", SAYS.format("Billing", "Looks up invoices and makes refunds."))
DEVELOPER = Tool("transfer_to_developer", SAYS.format("Developer", "Works with data and code in a sandbox."))
BACK = Tool("transfer_to_triage", SAYS.format("Triage", "Answers general questions."))
DOCS = Tool("search_docs", "Look up what the company's documents say.")
TRIAGE = (BILLING, DEVELOPER)
AT_BILLING = (Tool("get_invoice"), Tool("issue_refund"), BACK)
PEOPLE = (
    Tool(
        "transfer_to_people_ops",
        SAYS.format("People ops", "Everything about time off, sick leave and contracts."),
    ),
    Tool("transfer_to_operations", SAYS.format("Operations", "Restarts services and looks at servers.")),
)


def ask(tools: tuple[Tool, ...], *said: str) -> list[Answer]:
    entries: list[Entry] = []
    answers: list[Answer] = []
    for text in said:
        entries.append(Entry("user", text))
        answers.append(rules.answer(Dialogue("", tuple(entries), {one.name: one for one in tools})))
        entries.append(Entry("assistant", answers[-1].text))
    return answers


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("hello", "Hello! Here is what you can"),
        ("hello, are you there?", "Hello!"),
        ("¡Hola!", "Hola! I understand English best."),
        ("Guten Morgen", "Hallo!"),
        ("bonjour à tous", "Bonjour!"),
        ("こんにちは", "こんにちは!"),
        ("你好", "你好!"),
        ("привет", "Привет!"),
        ("thanks a lot!", "You are welcome"),
        ("merci", "You are welcome"),
        ("who are you?", samples.STAND_IN),
        ("are you ChatGPT?", samples.STAND_IN),
        ("how are you?", "I am fine, thank you"),
        ("write me a haiku about approvals", "A click, then a pause."),
        ("tell me a joke", "finance was on the other side"),
        ("what is 12 times 12?", "That is 144."),
        ("1/0", "divided by zero"),
        ("what time is it?", "no clock"),
        ("approve it", "A message never approves anything"),
        ("", "I see no words there"),
        ("🦄🦄", "I see no words there"),
        (":thumbsup:", "anything else"),
        ("bye", "Goodbye!"),
        ("no thanks", "All right."),
        ("what is the capital of France?", "I can't answer that from what I have here."),
        ("[Theo, who did not ask for the pending action, writes:]\nthanks", "You are welcome"),
    ],
)
@pytest.mark.parametrize("tools", [TRIAGE, PEOPLE], ids=["support", "people"])
def test_what_needs_no_tool_is_answered_without_one(tools: tuple[Tool, ...], said: str, words: str) -> None:
    answer = ask(tools, said)[0]

    assert words in answer.text
    assert answer.calls == ()


@pytest.mark.parametrize(
    ("said", "to_support", "to_others"),
    [
        ("hi", "refund $29 on INV-1003", "Everything about time off"),
        ("what can you do?", "refund $29 on INV-1003", "Everything about time off"),
        ("what is your policy?", "somebody of finance approves the card", "the policy of each tool"),
        ("who approves this?", "somebody of finance approves the card", "the policy of each tool"),
        ("what happens above 10,000?", "need two people", "the policy of each tool"),
    ],
)
def test_what_is_told_of_the_team_is_told_of_this_one(said: str, to_support: str, to_others: str) -> None:
    assert to_support in ask(TRIAGE, said)[0].text
    assert to_others in ask(PEOPLE, said)[0].text


@pytest.mark.parametrize("tools", [TRIAGE, PEOPLE, AT_BILLING])
def test_that_it_is_a_stand_in_is_said_once_in_a_thread(tools: tuple[Tool, ...]) -> None:
    said = (
        "tell me a joke",
        "hello",
        "are you a bot?",
        "why is the sky blue?",
        "and the grass?",
        "thanks",
        "who are you?",
    )
    answers = [answer.text for answer in ask(tools, *said)]

    assert [text.count(samples.STAND_IN) for text in answers] == [1, *[0] * 6]
    assert samples.WHO_AGAIN in answers[2]


def test_nobody_is_told_twice_what_does_not_help() -> None:
    answers = [
        answer.text for answer in ask(TRIAGE, "what is love?", "is there life on Mars?", "and on Venus?")
    ]

    assert len({text.partition(".")[0] for text in answers}) == 3
    assert sum("refund $29" in text for text in answers) == 1


@pytest.mark.parametrize("haiku", samples.HAIKU)
def test_a_haiku_has_seventeen_syllables(haiku: str) -> None:
    counted = {"someone": 2, "moves": 1, "names": 1, "asked": 1, "pause": 1, "one": 1, "written": 2}
    lines = [re.findall(r"[a-z]+", line.lower()) for line in haiku.splitlines()]

    def syllables(word: str) -> int:
        vowels = len(re.findall(r"[aeiouy]+", word))
        return counted.get(word, vowels - (word.endswith("e") and vowels > 1))

    assert [sum(map(syllables, line)) for line in lines] == [5, 7, 5]


@pytest.mark.parametrize(
    "said",
    [
        "what is your refund policy?",
        "who has to approve a refund?",
        "what happens above 10,000?",
        "how do I reset a thread?",
    ],
)
def test_a_question_about_rules_is_looked_up_where_documents_are_offered(said: str) -> None:
    answer = ask((*TRIAGE, DOCS), said)[0]

    assert [(call.name, call.arguments) for call in answer.calls] == [("search_docs", {"question": said})]
    entries = (
        Entry("user", said),
        Entry("call", "{}", "c1", "search_docs"),
        Entry("output", "Nothing in the documents fits.", "c1"),
    )
    told = rules.answer(Dialogue("", entries, {one.name: one for one in (*TRIAGE, DOCS)}))
    assert "The documents say nothing of that." in told.text


@pytest.mark.parametrize("said", ["what is your refund policy?", "how do refunds work?"])
def test_billing_leaves_rules_to_triage_and_goes_round_in_no_circle(said: str) -> None:
    answer = ask(AT_BILLING, said)[0]
    assert [call.name for call in answer.calls] == ["transfer_to_triage"]

    back = (Entry("user", said), Entry("call", "{}", "c1", "transfer_to_triage"))
    told = rules.answer(Dialogue("", back, {one.name: one for one in TRIAGE}))
    assert told.calls == ()
    assert "somebody of finance" in told.text


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("refund -5 on INV-1003", "A refund is a positive amount"),
        ("refund $-5 on INV-1003", "A refund is a positive amount"),
        ("please refund minus 5 dollars on INV-1003", "A refund is a positive amount"),
        ("refund $0 on INV-1003", "A refund is a positive amount"),
        ("refund 0.00 EUR on INV-1003", "A refund is a positive amount"),
        ("refund $29.999 on INV-1003", "two places at most"),
        ("refund $999,999,999,999 on INV-1003", "far more than any invoice"),
        ("refund 20 CHF on INV-1003", "not in CHF"),
        ("refund ¥500 on INV-1003", "not in ¥"),
        ("refund 3 bananas on INV-1003", "not in bananas"),
        ("refund half of INV-1003", "How much should it be?"),
        ("refund 10% of INV-1003", "How much should it be?"),
        ("refund five dollars on INV-1003", "How much should it be?"),
    ],
)
def test_an_amount_that_is_none_is_refused_in_words_and_calls_nothing(said: str, words: str) -> None:
    answer = ask(AT_BILLING, said)[0]

    assert words in answer.text
    assert answer.calls == ()


@pytest.mark.parametrize(
    "said",
    [
        "refund $29 on INV-1003 because 0 of 3 items came",
        "refund $29 on INV-1003 - 2 parcels were lost",
        "refund 29 dollars on INV-1003",
        "refund INV-1003",
        "refund $29 on INV-1003 because 20% was missing",
        "refund $29 on INV-1003 for the half of the order that was lost",
    ],
)
def test_other_numbers_are_no_reason_to_refuse_a_refund(said: str) -> None:
    assert [call.name for call in ask(AT_BILLING, said)[0].calls] == ["get_invoice"]


def test_an_answer_that_is_only_a_number_belongs_to_the_question_before_it() -> None:
    for said in (["refund $5", "INV-1003"], ["refund -5 on INV-1003", "5"]):
        answers = ask(AT_BILLING, *said)
        assert answers[0].calls == ()
        looked_up = (
            *(
                entry
                for text, answer in zip(said, answers, strict=True)
                for entry in (Entry("user", text), Entry("assistant", answer.text))
            ),
        )[:-1]
        result = '{"id": "INV-1003", "currency": "USD", "refundable": "29.00"}'
        entries = (
            *looked_up,
            Entry("call", '{"invoice_id": "INV-1003"}', "c1", "get_invoice"),
            Entry("output", result, "c1"),
        )
        refund = rules.answer(Dialogue("", entries, {one.name: one for one in AT_BILLING})).calls[0]
        assert (refund.name, refund.arguments["invoice_id"], refund.arguments["amount"]) == (
            "issue_refund",
            "INV-1003",
            "5.00",
        )


@pytest.mark.parametrize(
    ("said", "to"),
    [
        ("I'd like a week of vacation", "People ops"),
        ("how many days of leave are left?", "People ops"),
        ("could you restart the web server?", "Operations"),
    ],
)
def test_who_is_handed_over_to_is_chosen_by_the_words_of_when_to(said: str, to: str) -> None:
    answer = ask(PEOPLE, said)[0]

    assert answer.text == f"That is one for {to}. Handing over."
    assert [call.name for call in answer.calls] == [f"transfer_to_{to.lower().replace(' ', '_')}"]


@pytest.mark.parametrize("tools", [(BILLING,), PEOPLE], ids=["support", "people"])
def test_who_has_handed_back_is_not_handed_over_to_again(tools: tuple[Tool, ...]) -> None:
    said = "I'd like a refund of my vacation"
    first = ask(tools, said)[0].calls[0].name
    turned = (
        Entry("user", said),
        *(Entry("call", "{}", name, name) for name in (first, "transfer_to_triage")),
    )
    answer = rules.answer(Dialogue("", turned, {one.name: one for one in tools}))

    assert answer.calls == ()
    assert answer.text


def test_where_nobody_is_meant_everybody_is_named() -> None:
    answer = ask(PEOPLE, "paint the office green")[0]

    assert answer.calls == ()
    assert "**People ops**: Everything about time off" in answer.text
    assert "**Operations**: Restarts services" in answer.text
