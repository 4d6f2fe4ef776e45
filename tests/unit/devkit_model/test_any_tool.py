"""Which tool a sentence means and what it is called with: tools of other people, thirty of them at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from devkit.model import rules
from devkit.model.dialogue import Answer, Dialogue, Entry, Tool
from tests.unit.devkit_model.foreign_tools import FOREIGN, TEXT, tool

SHOP = {"owner": "acme", "repo": "shop"}
LEAVE = [
    tool(
        "request_time_off",
        "Request days off for a person.",
        *("person", "first_day", "last_day", "kind", "note"),
        person={**TEXT, "description": "The Slack id of the person."},
        first_day={**TEXT, "description": "First day, YYYY-MM-DD."},
        last_day={**TEXT, "description": "Last day, YYYY-MM-DD."},
        kind={**TEXT, "enum": ["vacation", "sick_leave", "other"], "default": "vacation"},
        note={"anyOf": [TEXT, {"type": "null"}]},
    ),
    tool("days_left", "How many days of vacation a person has left.", "person", person=TEXT),
    tool("cancel_time_off", "Cancel a request.", "request_id", request_id=TEXT),
]


def ask(tools: list[Tool], *said: str) -> Answer:
    """Say one thing after the other; what was answered in between stands in the history."""
    entries: list[Entry] = []
    answer = Answer()
    for text in said:
        entries.append(Entry("user", text))
        answer = rules.answer(Dialogue("", tuple(entries), {one.name: one for one in tools}))
        entries.append(Entry("assistant", answer.text))
    return answer


def calls(answer: Answer) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, dict(call.arguments)) for call in answer.calls]


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("read the file docs/readme.md", "read_file", {"path": "docs/readme.md"}),
        (
            'write "hello there" to notes/today.txt',
            "write_file",
            {"path": "notes/today.txt", "content": "hello there"},
        ),
        ("move a.txt to b/c.txt", "move_file", {"source": "a.txt", "destination": "b/c.txt"}),
        ("list the directory /tmp", "list_directory", {"path": "/tmp"}),
        ("search the files in /src for pattern *.py", "search_files", {"path": "/src", "pattern": "*.py"}),
        (
            'create an issue in acme/shop titled "login broken" with labels bug and urgent',
            "create_issue",
            {**SHOP, "title": "login broken", "labels": ["bug", "urgent"]},
        ),
        ("list the open issues of acme/shop", "list_issues", {**SHOP, "state": "open"}),
        ("show me issue 12 of acme/shop", "get_issue", {**SHOP, "issue_number": 12}),
        (
            'comment on issue 12 of acme/shop: "works for me"',
            "add_issue_comment",
            {**SHOP, "issue_number": 12, "body": "works for me"},
        ),
        (
            "merge pull request 7 of acme/shop with squash",
            "merge_pull_request",
            {**SHOP, "pull_number": 7, "merge_method": "squash"},
        ),
        ("create the branch fix-12 in acme/shop", "create_branch", {**SHOP, "branch": "fix-12"}),
        ("search repositories for python slack bots", "search_repositories", {"query": "python slack bots"}),
        (
            'post "deploy is done" to <#C0OPS00001|ops>',
            "slack_post_message",
            {"channel_id": "C0OPS00001", "text": "deploy is done"},
        ),
        (
            "show me the profile of the user <@U0ANA00001>",
            "slack_get_user_profile",
            {"user_id": "U0ANA00001"},
        ),
        ("list the channels", "slack_list_channels", {"limit": 100}),
        ("which directories are allowed?", "list_allowed_directories", {}),
        (
            'create an event "Retro" on 3 December 2026, minutes: 45',
            "createEvent",
            {"event": {"summary": "Retro", "when": {"date": "2026-12-03", "minutes": 45}}},
        ),
        ("delete event ev_1234", "deleteEvent", {"eventId": "ev_1234"}),
        (
            'send an email to ana@example.com and omar@example.com about "Lunch" saying "At noon?"',
            "send_email",
            {"to": ["ana@example.com", "omar@example.com"], "subject": "Lunch", "body": "At noon?"},
        ),
        ("could you please restart the billing api", "restart_service", {"service": "billing-api"}),
        ("restart web with force", "restart_service", {"service": "web", "force": True}),
        ("restart web without force", "restart_service", {"service": "web", "force": False}),
        (
            "scale the deployment checkout to 4 replicas",
            "scale_deployment",
            {"deployment": "checkout", "replicas": 4},
        ),
        (
            "fetch https://example.com/a?b=c",
            "fetch",
            {"url": "https://example.com/a?b=c", "max_length": 5000},
        ),
        ("add 2 and 3.5", "add", {"a": 2, "b": 3.5}),
    ],
)
def test_a_sentence_becomes_a_call_of_the_tool_that_it_means(
    said: str, name: str, arguments: dict[str, Any]
) -> None:
    assert calls(ask(FOREIGN, said)) == [(name, arguments)]


@pytest.mark.parametrize(
    "said",
    [
        "delete the file x.txt",
        "drop the users table",
        "write a poem",
        "why was issue 12 of acme/shop merged?",
        "what's the weather in /tmp?",
        "was web restarted?",
        "thanks!",
        "tell me a joke about files",
    ],
)
def test_what_no_tool_does_calls_none(said: str) -> None:
    answer = ask(FOREIGN, said)

    assert not [call for call in answer.calls if call.name not in {"get_issue"}]
    assert answer.calls or answer.text


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("restart it", "the service (one of web, worker, billing-api)"),
        ("scale checkout to 400 replicas", "It can be 50 at most."),
        ("scale checkout to 2.5 replicas", "2.5 is no whole number."),
        ("delete event", "I still need the event id."),
        ('create an issue "login broken"', "I still need repository owner and repository name."),
    ],
)
def test_what_is_missing_or_does_not_fit_is_asked_for_and_not_made_up(said: str, asked: str) -> None:
    answer = ask(FOREIGN, said)

    assert asked in answer.text
    assert answer.calls == ()


@pytest.mark.parametrize(
    ("said", "called"),
    [
        (["restart it", "worker"], ("restart_service", {"service": "worker"})),
        (["delete event", "it is ev_77"], ("deleteEvent", {"eventId": "ev_77"})),
        (
            ["scale checkout to 400 replicas", "make it 5"],
            ("scale_deployment", {"deployment": "checkout", "replicas": 5}),
        ),
        (
            ['create an issue "login broken"', "in acme/shop"],
            ("create_issue", {**SHOP, "title": "login broken"}),
        ),
        (["restart it", "read a.txt"], ("read_file", {"path": "a.txt"})),
    ],
)
def test_the_answer_is_taken_with_the_words_before_it(said: list[str], called: tuple[str, Any]) -> None:
    assert calls(ask(FOREIGN, *said[:-1])) == []
    assert calls(ask(FOREIGN, *said)) == [called]


def test_who_leaves_it_is_asked_no_more() -> None:
    assert "Nothing was done" in ask(FOREIGN, "restart it", "never mind").text
    assert calls(ask(FOREIGN, "restart it", "never mind", "worker")) == []


def test_several_things_of_one_sentence_are_several_calls() -> None:
    assert calls(ask(FOREIGN, "read a.txt, b.txt and c.txt, then restart web")) == [
        ("read_file", {"path": "a.txt"}),
        ("read_file", {"path": "b.txt"}),
        ("read_file", {"path": "c.txt"}),
        ("restart_service", {"service": "web"}),
    ]
    assert calls(ask(FOREIGN, 'post "tea, cake and sugar" to <#C0OPS00001>')) == [
        ("slack_post_message", {"channel_id": "C0OPS00001", "text": "tea, cake and sugar"})
    ]


@pytest.mark.parametrize(
    ("said", "called"),
    [
        (
            "request vacation for <@U0ANA00001> from 2026-12-21 to 31 December 2026",
            ("request_time_off", ("U0ANA00001", "2026-12-21", "2026-12-31", "vacation", None)),
        ),
        (
            "I'd like sick leave for <@U0ANA00001|Ana> from 2026-12-01 until 2026-12-02",
            ("request_time_off", ("U0ANA00001", "2026-12-01", "2026-12-02", "sick_leave", None)),
        ),
        ("how many vacation days does <@U0ANA00001> have left?", ("days_left", ("U0ANA00001",))),
        ("cancel TO-12", ("cancel_time_off", ("TO-12",))),
    ],
)
def test_people_and_days_are_read_as_slack_and_people_write_them(said: str, called: tuple[str, Any]) -> None:
    assert [(name, tuple(given.values())) for name, given in calls(ask(LEAVE, said))] == [called]


def test_a_day_that_is_not_said_is_asked_for_in_the_words_of_the_schema() -> None:
    answer = ask(LEAVE, "request vacation for <@U0ANA00001> on 24 December 2026")

    assert "To request days off for a person, I still need last day, YYYY-MM-DD." in answer.text


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (
            '{"id": "TO-12", "days_left": 14, "approved": true}',
            "- **Id**: TO-12\n- **Days left**: 14\n- **Approved**: yes",
        ),
        ('[{"id": 1, "by": {"name": "Ana"}}, {"id": 2, "by": null}]', "- id 1, by name Ana\n- id 2, by none"),
        ('{"type": "text", "text": "14 days"}', "14 days"),
        ('[{"type": "text", "text": "{"}, {"type": "text", "text": "x"}]', "{\nx"),
        ("[]", "There is nothing."),
        ("", "Done; there was nothing to report."),
        ("ERROR: no such person.", "That did not work: No such person."),
        (
            "Rejected by Omar Haddad: too many away",
            "That was not done. Rejected by Omar Haddad: too many away",
        ),
        (
            "This broke off, but a person has checked: it did happen.",
            "Done, as a person has checked: days left.",
        ),
        (
            "ERROR: it is not known whether this happened, and …",
            "Nobody knows whether this happened: days left.",
        ),
        (
            'An approver changed this call; it ran with {"person": "U0OMAR0001"} and returned: 3',
            "An approver changed the person to U0OMAR0001 before it ran.\n\n3",
        ),
        ("NOT AS ASKED: 3 days were taken.\n3", "3 days were taken.\n\n3"),
    ],
)
def test_results_are_told_in_plain_words(result: str, told: str) -> None:
    entries = (
        Entry("user", "how many days does <@U0ANA00001> have left?"),
        Entry("call", json.dumps({"person": "U0ANA00001"}), "c1", "days_left"),
        Entry("output", result, "c1"),
    )
    dialogue = Dialogue("", entries, {one.name: one for one in LEAVE})

    assert rules.answer(dialogue).text.startswith(told)
    later = Dialogue("", (*entries, Entry("user", "thanks")), dialogue.tools)
    assert told in rules.answer(later).text, "a message in between hides no outcome"


def test_a_tool_that_somebody_adds_to_the_support_team_is_called_as_well() -> None:
    support = [Tool("get_invoice"), Tool("issue_refund"), LEAVE[2]]

    assert calls(ask(support, "cancel the time off TO-12")) == [("cancel_time_off", {"request_id": "TO-12"})]
    assert calls(ask(support, "refund $5 on INV-1003")) == [("get_invoice", {"invoice_id": "INV-1003"})]
