"""The support team of the demo: its Triage, and Billing, who looks invoices up and makes refunds."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from devkit.model import code, invoices, refund_orders, samples, small_talk, telling
from devkit.model.dialogue import Answer, Call, Dialogue, Entry
from devkit.model.invoices import ABOUT
from devkit.model.outcomes import CHECKED, NOT_KNOWN, as_run, read_object, why_not
from devkit.model.refund_orders import INVOICE
from devkit.model.team import BACK, handed_over
from devkit.model.triage import ASKS_HOW, look_up

BILLING: Final = re.compile(
    r"refund|invoice|bill|charge|payment|customer|\bINV-|money back|reimburse", re.IGNORECASE
)
#: How it is asked for an invoice's number.
WHICH: Final = "Which invoice do you mean?"
LEFT_ALONE: Final = (
    "All right: I refund nothing with that. What already waits for an approval is taken back by *Withdraw* on its "
    "card; whatever is still wanted, please order by itself."
)
AMOUNT_ONLY: Final = re.compile(
    r"[$€£]?\s?\d[\d.,]*\s?(?:USD|EUR|GBP|dollars?|euros?|pounds?)?\W*", re.IGNORECASE
)
REFUND_ID: Final = re.compile(r"\brf_\w+")


def triage(dialogue: Dialogue) -> Answer:
    """Answer as its Triage."""
    question = dialogue.question
    if said := small_talk.certain(dialogue):
        return small_talk.introduced(dialogue, said)
    if "transfer_to_developer" in dialogue.tools and code.WANTED.search(question):
        return Answer("That is one for Developer. Handing over.", (Call("transfer_to_developer", {}),))
    if looked := look_up(dialogue):
        return looked
    if BILLING.search(question) and not _asks_rule(question) and not handed_over(dialogue):
        return Answer("That is one for Billing. Handing over.", (Call("transfer_to_billing", {}),))
    return _chat(dialogue)


def billing(dialogue: Dialogue) -> Answer:
    """Answer as its Billing."""
    dialogue = _completed(_plain(dialogue))
    if finished := dialogue.outputs("issue_refund", dialogue.since_user):
        return Answer("\n\n".join(_outcome(call, result) for call, result in finished))
    answer = _billing(dialogue)
    # Said first: what became of a refund that the person has not been told of yet.
    earlier = telling.untold(dialogue, ["issue_refund"], _outcome)
    return Answer("\n\n".join(filter(None, (earlier, answer.text))), answer.calls)


def _billing(dialogue: Dialogue) -> Answer:
    question = dialogue.question
    wanted = refund_orders.named(question)
    if refund_orders.forbids(question):
        return Answer(LEFT_ALONE)
    if not wanted and (said := small_talk.certain(dialogue) or _rule(dialogue)):
        return small_talk.introduced(dialogue, said)
    if refund_orders.orders(question) and (why := refund_orders.problem(question)):
        return Answer(why)
    if refund_orders.orders(question) and (wanted or invoices.known(dialogue)):
        return _refund(dialogue, wanted or [invoices.known(dialogue)[-1]["id"]])
    missing = [name for name in wanted if name not in invoices.looked_up(dialogue)]
    if missing:
        return Answer("Let me look that up.", tuple(_look(name) for name in missing))
    if wanted or ABOUT.search(question):
        return Answer(invoices.about(dialogue, question, wanted))
    if BILLING.search(question):
        return Answer(f"{WHICH} Please give me its number, such as INV-1003.")
    return _chat(dialogue)


def _plain(dialogue: Dialogue) -> Dialogue:
    """The request with invoices and numbers of what people wrote in their usual form."""
    entries = (
        replace(entry, text=refund_orders.plain(entry.text)) if entry.role == "user" else entry
        for entry in dialogue.entries
    )
    return replace(dialogue, entries=tuple(entries))


def _completed(dialogue: Dialogue) -> Dialogue:
    """Put an answer that is only a number together with what it is the answer to."""
    said = [i for i, entry in enumerate(dialogue.entries) if entry.role == "user"]
    if len(said) < 2:
        return dialogue
    earlier, newest = (dialogue.entries[i].text for i in said[-2:])
    asked = "".join(e.text for e in dialogue.entries[said[-2] : said[-1]] if e.role == "assistant")
    if WHICH in asked and re.fullmatch(r"\W*INV-\d+\W*", newest, re.IGNORECASE):
        text = f"{earlier} {newest}"
    elif refund_orders.HOW_MUCH in asked and AMOUNT_ONLY.fullmatch(newest):
        text = f"refund {newest.strip(' .')} on {' and '.join(INVOICE.findall(earlier))}"
    else:
        return dialogue
    entries = list(dialogue.entries)
    entries[said[-1]] = replace(entries[said[-1]], text=text)
    return replace(dialogue, entries=tuple(entries))


def _asks_rule(question: str) -> bool:
    """Whether it is asked how refunds are done here, and not about one invoice."""
    asks = small_talk.asks_rule(question) or (BILLING.search(question) and ASKS_HOW.search(question))
    return bool(asks) and not INVOICE.search(question)


def _rule(dialogue: Dialogue) -> Answer | None:
    """Answer a question about how things are done here, or hand it to Triage, who can look it up."""
    if not _asks_rule(dialogue.question):
        return None
    if BACK in dialogue.tools and not handed_over(dialogue):
        return Answer("Triage can look that up. Handing over.", (Call(BACK, {}),))
    return Answer(samples.REFUND_POLICY)


def _refund(dialogue: Dialogue, wanted: list[str]) -> Answer:
    looked_up = invoices.looked_up(dialogue)
    # What can still be refunded may have changed since an earlier question.
    asked_now = dialogue.outputs("get_invoice", dialogue.since_user)
    fresh = {str(read_object(call.text).get("invoice_id", "")).upper() for call, _ in asked_now}
    missing = [name for name in wanted if name not in fresh]
    if missing:
        return Answer("Let me look that up.", tuple(_look(name) for name in missing))
    bad = [looked_up[name]["error"] for name in wanted if "error" in looked_up[name]]
    if bad:
        return Answer(f"I could not do that: {' '.join(bad)}")
    amounts = refund_orders.amounts(dialogue.question, wanted)
    calls = [_issue(looked_up[name], amounts.get(name), dialogue.question) for name in wanted]
    return Answer("I will refund that now.", tuple(calls))


def _issue(invoice: dict[str, Any], amount: tuple[str, str] | None, question: str) -> Call:
    value, currency = amount or (str(invoice["refundable"]), "")
    arguments = {
        "invoice_id": invoice["id"],
        "amount": value,
        "currency": currency or invoice["currency"],
        "reason": refund_orders.reason(question),
    }
    return Call("issue_refund", arguments)


def _look(name: str) -> Call:
    return Call("get_invoice", {"invoice_id": name})


def _outcome(call: Entry, result: Entry) -> str:
    ran = as_run(call, result)
    asked, said = ran.arguments, ran.result
    got = read_object(said)
    invoice_id = asked.get("invoice_id")
    named = REFUND_ID.search(said)
    made = got.get("refund_id") or got.get("id") or (named[0] if named else None)
    if made and not said.startswith("ERROR"):
        amount, currency = (got.get(name) or asked.get(name) for name in ("amount", "currency"))
        return f"Done: I refunded **{amount} {currency}** on {invoice_id} (refund `{made}`)."
    what = f"{asked.get('amount')} {asked.get('currency')} on {invoice_id}"
    if CHECKED.search(said):
        return f"Done, as a person has checked: **{what}** was refunded."
    if NOT_KNOWN.search(said):
        return f"Nobody knows whether the refund of {what} was made. Someone has to check."
    return f"The refund of {what} was not made. {why_not(said)}"


def _chat(dialogue: Dialogue) -> Answer:
    question = dialogue.question
    if said := small_talk.certain(dialogue):
        pass
    elif _asks_rule(question):
        said = Answer(samples.REFUND_POLICY)
    elif not (said := small_talk.casual(dialogue)) and (BILLING.search(question) or ABOUT.search(question)):
        said = Answer("I don't know which invoice you mean. Please give me its number, such as INV-1003.")
    return small_talk.introduced(dialogue, said or small_talk.unknown(dialogue))
