"""The demo model's mind: simple rules over nothing but the request.

It remembers only what the history holds and can do only what tools are offered, so what a test
sees of memory, forgetting and approvals is the bot's doing.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final

from devkit.model import code
from devkit.model.dialogue import Answer, Call, Dialogue, Entry
from devkit.model.samples import HELP, LONG, VERY_LONG, WHO

INVOICE: Final = re.compile(r"\bINV-\d+\b", re.IGNORECASE)
AMOUNT: Final = re.compile(
    r"([$€£])\s?(\d[\d,]*(?:\.\d{1,2})?)|\b(\d[\d,]*(?:\.\d{1,2})?)\s?(USD|EUR|GBP)\b"
    r"|\brefund\s+(\d[\d,]*(?:\.\d{1,2})?)\b",
    re.IGNORECASE,
)
BILLING: Final = re.compile(r"refund|invoice|bill|charge|payment|customer|\bINV-", re.IGNORECASE)
REFUND: Final = re.compile(r"\brefund", re.IGNORECASE)
#: "Was it refunded?" asks; "can you refund it?" orders.
ASKS_WHETHER: Final = re.compile(r"^\W*(was|were|is|are|did|has|have|when|how much)\b", re.IGNORECASE)
#: How the bot tells of a call that people changed before they approved it: its arguments, its result.
CHANGED: Final = re.compile(
    r"An approver changed this call; it ran with (\{.*\}) and returned: (.*)\Z", re.DOTALL
)
#: How the bot tells of a call that did something else than was asked for: what is different, then its result.
DIFFERS: Final = re.compile(r"NOT AS ASKED: [^\n]*\n(.*)\Z", re.DOTALL)
#: What is said of a refund whose answer got lost: a person found it, or nobody did.
CHECKED: Final = re.compile(r"\bit did happen\b")
NOT_KNOWN: Final = re.compile(r"\bnot known whether this happened\b")
REFUND_ID: Final = re.compile(r"\brf_\w+")
ABOUT: Final = re.compile(r"\b(date|when|customer|who|how much|amount|status|refunded)\b", re.IGNORECASE)
HOSTILE: Final = re.compile(
    r"ignore (all |any |your )*(previous |prior |above )*(instructions|rules)|reveal your (system )?prompt"
    r"|pretend (that )?(the |an )?approv|without (any )?approval",
    re.IGNORECASE,
)
GREETING: Final = re.compile(r"^\W*(hi|hello|hey|good (morning|afternoon|evening))\b", re.IGNORECASE)
ASKS_WHO: Final = re.compile(r"\b(who are you|what are you|which model|what model)\b", re.IGNORECASE)
ADDRESS: Final = re.compile(r"https?://[^\s<>)]+")
ASKS_HOW: Final = re.compile(r"^\W*(how (do|does|are|is|can)|what happens)\b.*", re.IGNORECASE)
SYMBOLS: Final = {"$": "USD", "€": "EUR", "£": "GBP"}


def answer(dialogue: Dialogue) -> Answer:
    """Answer a request."""
    if "json" in dialogue.instructions and "label" in dialogue.instructions and not dialogue.tools:
        return _judge(dialogue.question)
    if "transfer_to_billing" in dialogue.tools:
        return _triage(dialogue)
    if "exec_command" in dialogue.tools:
        return code.answer(dialogue)
    if "get_invoice" in dialogue.tools:
        return _billing(dialogue)
    return _chat(dialogue.question)


def _judge(text: str) -> Answer:
    hostile = HOSTILE.search(text) is not None
    label, reason = ("injection", "tries to get around the rules") if hostile else ("ok", "nothing wrong")
    return Answer(json.dumps({"label": label, "reason": reason}))


def _triage(dialogue: Dialogue) -> Answer:
    if "transfer_to_developer" in dialogue.tools and code.WANTED.search(dialogue.question):
        return Answer("That is one for Developer. Handing over.", (Call("transfer_to_developer", {}),))
    if looked := _look_up(dialogue):
        return looked
    if BILLING.search(dialogue.question):
        return Answer("That is one for Billing. Handing over.", (Call("transfer_to_billing", {}),))
    return _chat(dialogue.question)


def _look_up(dialogue: Dialogue) -> Answer | None:
    """Read a page whose address was given, or ask the documents how something is done."""
    for tool, argument, found in (
        ("summarize_url", "url", ADDRESS.search(dialogue.question)),
        ("search_docs", "question", ASKS_HOW.search(dialogue.question)),
    ):
        if found and tool in dialogue.tools:
            if done := dialogue.outputs(tool, dialogue.since_user):
                return Answer(f"This is what I found:\n\n{done[-1][1].text[:600]}")
            return Answer("", (Call(tool, {argument: found[0]}),))
    return None


def _billing(dialogue: Dialogue) -> Answer:
    if finished := dialogue.outputs("issue_refund", dialogue.since_user):
        return Answer("\n\n".join(_outcome(call, result) for call, result in finished))
    earlier = _unanswered(dialogue)
    question = dialogue.question
    wanted = [name.upper() for name in dict.fromkeys(INVOICE.findall(question))]
    if _orders_refund(question) and (wanted or _known(dialogue)):
        return _with(earlier, _refund(dialogue, wanted or [_known(dialogue)[-1]["id"]]))
    missing = [name for name in wanted if name not in _looked_up(dialogue)]
    if missing:
        return _with(earlier, Answer("Let me look that up.", tuple(_look(name) for name in missing)))
    if wanted or ABOUT.search(question):
        return _with(earlier, Answer(_about(dialogue, question, wanted)))
    if BILLING.search(question):
        return _with(
            earlier, Answer("Which invoice do you mean? Please give me its number, such as INV-1003.")
        )
    return _with(earlier, _chat(question))


def _orders_refund(question: str) -> bool:
    return bool(REFUND.search(question)) and not ASKS_WHETHER.search(question)


def _with(earlier: str, answer: Answer) -> Answer:
    """Say first what became of a refund that the person has not been told of yet."""
    return Answer("\n\n".join(filter(None, (earlier, answer.text))), answer.calls)


def _unanswered(dialogue: Dialogue) -> str:
    """The outcomes of refunds that nobody has put into words, because a message came in between."""
    entries = dialogue.entries
    spoken = max((i for i, e in enumerate(entries) if e.role == "assistant"), default=-1)
    results = {e.call_id for e in entries[spoken + 1 :] if e.role == "output"}
    told = [pair for pair in dialogue.outputs("issue_refund") if pair[0].call_id in results]
    return "\n\n".join(_outcome(call, result) for call, result in told)


def _refund(dialogue: Dialogue, wanted: list[str]) -> Answer:
    looked_up = _looked_up(dialogue)
    # What can still be refunded may have changed since an earlier question.
    asked_now = dialogue.outputs("get_invoice", dialogue.since_user)
    fresh = {str(_object(call.text).get("invoice_id", "")).upper() for call, _ in asked_now}
    missing = [name for name in wanted if name not in fresh]
    if missing:
        return Answer("Let me look that up.", tuple(_look(name) for name in missing))
    bad = [looked_up[name]["error"] for name in wanted if "error" in looked_up[name]]
    if bad:
        return Answer(f"I could not do that: {' '.join(bad)}")
    amounts = _amounts(dialogue.question, wanted)
    calls = [_issue(looked_up[name], amounts.get(name), dialogue.question) for name in wanted]
    return Answer("I will refund that now.", tuple(calls))


def _issue(invoice: dict[str, Any], amount: tuple[str, str] | None, question: str) -> Call:
    value, currency = amount or (str(invoice["refundable"]), "")
    reason = re.search(r"\b(?:because|since|as|for)\b (.+)$", question, re.IGNORECASE)
    arguments = {
        "invoice_id": invoice["id"],
        "amount": value,
        "currency": currency or invoice["currency"],
        "reason": reason[1].strip(" .") if reason else "asked for in Slack",
    }
    return Call("issue_refund", arguments)


def _amounts(text: str, wanted: list[str]) -> dict[str, tuple[str, str]]:
    """Which amount belongs to which invoice; an invoice without one is refunded whole."""
    found = [(match.start(), _amount(match)) for match in AMOUNT.finditer(text)]
    if len(found) == len(wanted):
        return {name: amount for name, (_, amount) in zip(wanted, found, strict=True)}
    amounts: dict[str, tuple[str, str]] = {}
    before = 0
    for named in INVOICE.finditer(text):
        near = [amount for at, amount in found if before <= at < named.start()]
        if near:
            amounts[named[0].upper()] = near[-1]
        before = named.end()
    return amounts


def _amount(match: re.Match[str]) -> tuple[str, str]:
    number = Decimal((match[2] or match[3] or match[5]).replace(",", ""))
    return f"{number:.2f}", SYMBOLS.get(match[1] or "", (match[4] or "").upper())


def _look(name: str) -> Call:
    return Call("get_invoice", {"invoice_id": name})


def _looked_up(dialogue: Dialogue) -> dict[str, dict[str, Any]]:
    """The invoices in the history, newest result last."""
    found: dict[str, dict[str, Any]] = {}
    for call, result in dialogue.outputs("get_invoice"):
        name = str(_object(call.text).get("invoice_id", "")).upper()
        found.pop(name, None)
        found[name] = _invoice(name, result.text)
    return found


def _invoice(name: str, text: str) -> dict[str, Any]:
    """Read an invoice leniently: what it leaves out is unknown."""
    read = _object(text)
    if not read:
        return {"error": text.removeprefix("ERROR: ")}
    names = ("customer", "amount", "currency", "date", "refunded")
    amount = read.get("refundable", read.get("amount", "unknown"))
    return {"id": name, **dict.fromkeys(names, "unknown"), "refundable": amount, **read}


def _known(dialogue: Dialogue) -> list[dict[str, Any]]:
    return [invoice for invoice in _looked_up(dialogue).values() if "error" not in invoice]


def _about(dialogue: Dialogue, question: str, wanted: list[str]) -> str:
    looked_up = _looked_up(dialogue)
    invoice = looked_up[wanted[-1]] if wanted else (_known(dialogue) or [None])[-1]
    if invoice is None:
        return "I don't know which invoice you mean. Please give me its number, such as INV-1003."
    if "error" in invoice:
        return f"I could not look that up: {invoice['error']}"
    if re.search(r"\b(date|when)\b", question, re.IGNORECASE):
        return f"{invoice['id']} is dated **{invoice['date']}**."
    if re.search(r"\b(customer|who)\b", question, re.IGNORECASE):
        return f"The customer of {invoice['id']} is **{invoice['customer']}**."
    return (
        f"**{invoice['id']}**, {invoice['customer']}: {invoice['amount']} {invoice['currency']}, "
        f"dated {invoice['date']} ({invoice.get('description') or 'no description'}). "
        f"Refunded so far: {invoice['refunded']}."
    )


def _outcome(call: Entry, result: Entry) -> str:
    asked, said = _as_run(call, result)
    got = _object(said)
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
    return f"The refund of {what} was not made. {said.removeprefix('ERROR: ')}"


def _as_run(call: Entry, result: Entry) -> tuple[dict[str, Any], str]:
    """What ran, and what it returned: approvers may have changed what was called for."""
    asked, said = call.text, result.text
    if changed := CHANGED.fullmatch(said):
        asked, said = changed[1], changed[2]
    differs = DIFFERS.fullmatch(said)
    return _object(asked), differs[1] if differs else said


def _object(text: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def _chat(question: str) -> Answer:
    if re.search(r"very long answer", question, re.IGNORECASE):
        return Answer(VERY_LONG)
    if re.search(r"long answer", question, re.IGNORECASE):
        return Answer(LONG)
    if ASKS_WHO.search(question):
        return Answer(WHO)
    if GREETING.search(question) or re.search(r"\bhelp\b|what can you", question, re.IGNORECASE):
        return Answer(HELP)
    if BILLING.search(question) or ABOUT.search(question):
        return Answer("I don't know which invoice you mean. Please give me its number, such as INV-1003.")
    return Answer(
        f"You wrote: “{question.strip()[:200]}”. I am the demo's built-in model and follow simple rules, "
        "so I can't say much about that. Ask me about an invoice or a refund."
    )
