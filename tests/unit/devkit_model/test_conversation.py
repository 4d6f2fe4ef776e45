"""Whole conversations with the real SDK: two agents, tools, and a refund, over both protocols."""

from __future__ import annotations

import json
from typing import Any

import pytest
from agents import (
    Agent,
    Model,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    TResponseInputItem,
    function_tool,
)
from openai import AsyncOpenAI

from bot.domain import sentences
from devkit.billing.server import BillingServer
from devkit.model import rules
from devkit.model.dialogue import Dialogue, Entry, Tool
from devkit.model.server import ModelServer

QUIET = RunConfig(tracing_disabled=True)
INVOICE = {
    "id": "INV-1003",
    "customer": "Hazel & Co",
    "amount": "29.00",
    "currency": "USD",
    "date": "2026-10-02",
    "description": "Starter plan",
    "refunded": "0.00",
    "refundable": "29.00",
}


def offered(*names: str) -> dict[str, Tool]:
    return {name: Tool(name) for name in names}


class Conversation:
    """A person, two agents, and what the refund tool answers."""

    def __init__(self, model: Model, outcome: str | None = None) -> None:
        self.issued: list[tuple[str, str, str, str]] = []
        self.history: list[TResponseInputItem] = []
        self.pieces: list[str] = []

        @function_tool
        def get_invoice(invoice_id: str) -> str:
            if invoice_id not in {"INV-1003", "INV-1005"}:
                return f"ERROR: There is no invoice {invoice_id}."
            return json.dumps({**INVOICE, "id": invoice_id})

        @function_tool
        def issue_refund(invoice_id: str, amount: str, currency: str, reason: str) -> str:
            self.issued.append((invoice_id, amount, currency, reason))
            return outcome or json.dumps(
                {"refund_id": f"rf_{invoice_id}", "amount": amount, "currency": currency}
            )

        billing = Agent[Any](name="Billing", model=model, tools=[get_invoice, issue_refund])
        self.agent = Agent[Any](name="Triage", model=model, handoffs=[billing])
        billing.handoffs.append(self.agent)

    async def says(self, text: str) -> str:
        self.history.append({"role": "user", "content": text})
        result = Runner.run_streamed(self.agent, self.history, run_config=QUIET)
        async for event in result.stream_events():
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                self.pieces.append(event.data.delta)
        self.history, self.agent = result.to_input_list(), result.last_agent
        return str(result.final_output)


@pytest.fixture(params=[OpenAIResponsesModel, OpenAIChatCompletionsModel], ids=["responses", "chat"])
def model(request: pytest.FixtureRequest, client: AsyncOpenAI) -> Model:
    return request.param(model="demo", openai_client=client)


async def test_a_refund_is_handed_over_looked_up_issued_and_told(model: Model) -> None:
    talk = Conversation(model)
    answer = await talk.says("refund $29 on INV-1003 because they were charged twice")

    assert talk.issued == [("INV-1003", "29.00", "USD", "they were charged twice")]
    assert "29.00 USD" in answer
    assert "INV-1003" in answer
    assert "rf_INV" in answer
    assert talk.agent.name == "Billing"
    assert "Handing over." in "".join(talk.pieces)
    assert len(talk.pieces) > 15


async def test_a_follow_up_is_answered_from_the_invoice_in_the_history(model: Model) -> None:
    talk = Conversation(model)
    await talk.says("show me INV-1003")

    assert "2026-10-02" in await talk.says("and what is its date?")
    assert "Hazel & Co" in await talk.says("who is the customer?")
    assert "29.00 USD" in await talk.says("how much was it?")
    assert "Refunded so far: 0.00" in await talk.says("was it refunded?")
    assert talk.issued == []


async def test_without_a_history_no_invoice_is_known(model: Model) -> None:
    assert "know which invoice you mean" in await Conversation(model).says("and what is its date?")


async def test_two_refunds_of_one_message_are_called_at_once(server: ModelServer, model: Model) -> None:
    talk = Conversation(model)
    answer = await talk.says("refund $29 on INV-1003 and $1,480 on INV-1005")

    assert sorted(issued[:3] for issued in talk.issued) == [  # they run side by side
        ("INV-1003", "29.00", "USD"),
        ("INV-1005", "1480.00", "USD"),
    ]
    assert answer.count("Done") == 2
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("Rejected by Omar Haddad: duplicate", "Rejected by Omar Haddad: duplicate"),
        ("ERROR: Only 3.00 USD can be refunded.", "not made. Only 3.00 USD can be refunded."),
        (sentences.IT_HAPPENED, "Done, as a person has checked: **29.00 USD on INV-1003** was refunded."),
        (sentences.IT_DID_NOT, "The refund of 29.00 USD on INV-1003 was not made."),
        (sentences.NOBODY_KNOWS, "Nobody knows whether the refund of 29.00 USD on INV-1003 was made."),
        ("Refund rf_ab12 made", "refund `rf_ab12`"),
    ],
)
async def test_the_last_words_say_what_the_tool_said(model: Model, outcome: str, words: str) -> None:
    assert words in await Conversation(model, outcome).says("refund $29 on INV-1003")


async def test_an_unknown_invoice_is_not_refunded(model: Model) -> None:
    talk = Conversation(model)

    assert "There is no invoice INV-9" in await talk.says("refund $5 on INV-9")
    assert talk.issued == []


def refunded(*later: Entry) -> Dialogue:
    entries = (
        Entry("user", "refund $29 on INV-1003"),
        *(Entry("call", '{"invoice_id": "INV-1003"}', "c1", "get_invoice"),),
        *(Entry("output", json.dumps(INVOICE), "c1"), Entry("assistant", "I will refund that now.")),
        Entry("call", '{"invoice_id":"INV-1003","amount":"29.00","currency":"USD"}', "c2", "issue_refund"),
        *(Entry("output", '{"refund_id": "rf_1"}', "c2"), *later),
    )
    return Dialogue("", entries, offered("get_invoice", "issue_refund"))


@pytest.mark.parametrize(
    ("message", "words"), [("what is its date?", "2026-10-02"), ("show me a bill", "Which invoice")]
)
def test_a_message_behind_the_outcome_leaves_neither_unanswered(message: str, words: str) -> None:
    answer = rules.answer(refunded(Entry("user", message)))

    assert "Done: I refunded **29.00 USD** on INV-1003 (refund `rf_1`)" in answer.text
    assert words in answer.text


def test_a_refund_behind_the_outcome_is_looked_up_again_first() -> None:
    answer = rules.answer(refunded(Entry("user", "refund $5 on INV-1003 too")))

    assert "Done" in answer.text
    assert [(call.name, call.arguments) for call in answer.calls] == [
        ("get_invoice", {"invoice_id": "INV-1003"})
    ]


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("refund INV-1003", ["29.00"]),
        ("refund 10 on INV-1003", ["10.00"]),
        ("refund INV-1003, 7.5 USD please", ["7.50"]),
        ("refund INV-1003 and $4 on INV-1005", ["29.00", "4.00"]),
        ("refund $, on INV-1003", ["29.00"]),
        ("refund 12,50 EUR on INV-1003", ["12.50"]),
        ("refund $1,480 on INV-1003", ["1480.00"]),
        ("refund INV-1003, 20 euros please", ["20.00"]),
    ],
)
def test_an_amount_belongs_to_the_invoice_it_is_named_with(text: str, amounts: list[str]) -> None:
    looked_up = [
        entry
        for name in ("INV-1003", "INV-1005")
        for entry in (
            Entry("call", json.dumps({"invoice_id": name}), name, "get_invoice"),
            Entry("output", json.dumps({**INVOICE, "id": name}), name),
        )
    ]
    dialogue = Dialogue("", (Entry("user", text), *looked_up), offered("get_invoice"))

    assert [call.arguments["amount"] for call in rules.answer(dialogue).calls] == amounts


def test_an_invoice_that_leaves_things_out_is_still_answered_from() -> None:
    entries = (
        Entry("user", "show me INV-1003"),
        Entry("call", '{"invoice_id": "INV-1003"}', "c1", "get_invoice"),
        Entry("output", '{"customer": "Hazel & Co"}', "c1"),
    )
    answer = rules.answer(Dialogue("", entries, offered("get_invoice")))

    assert "Hazel & Co" in answer.text
    assert "unknown" in answer.text


async def test_the_seed_of_the_billing_service_reads_as_the_rules_expect() -> None:
    billing = BillingServer()
    await billing.start()
    panel = await billing.panel()
    await billing.stop()

    assert INVOICE.keys() <= panel["invoices"][2].keys()
