"""What the demo model says when the rules leave it to small talk."""

from __future__ import annotations

from typing import Final

#: Said once in a thread, and known by `STAND_IN` there.
STAND_IN: Final = "built-in stand-in"
ONCE: Final = (
    f"_You are talking to the demo's {STAND_IN} for a language model: it follows simple rules. "
    "With a model key in `.env` a real one answers._"
)
WHO: Final = (
    f"I am Countersign. The words come from the demo's {STAND_IN} for a language model: a few simple rules in a local "
    "process. Put an `OPENAI_API_KEY` or a `DEEPSEEK_API_KEY` into `.env`, and a real one answers instead."
)
WHO_AGAIN: Final = "I am Countersign, and behind my words are the simple rules that I told you of above."

HELP: Final = """Here is what you can try:

- **refund $12 on INV-1004**: small enough to go through at once
- **refund $29 on INV-1003**: waits until someone of finance approves it
- **show me INV-1005**, and then *and what is its date?*

Invoices run from `INV-1001` to `INV-1006`."""

#: Five, seven and five syllables each; two blanks end a line in Markdown.
HAIKU: Final = (
    "A click, then a pause.  \nNothing moves till someone nods.  \nThe money can wait.",
    "Two names on the card:  \none who asked and one who said  \nyes, the work may start.",
    "The process may die.  \nWhat was asked for is written;  \nsomeone picks it up.",
)
JOKES: Final = (
    "Why did the refund not cross the road? It was over the limit, and finance was on the other side.",
    "An approver walks into a bar. “The usual?” – “Who else has agreed?”",
    "I know a joke about idempotency. I would tell it twice, and you would hear it once.",
)
#: Where nothing can be looked up: what approvals are about, for the support team and for any other.
REFUND_POLICY: Final = (
    "Small refunds go through at once. Larger ones wait until somebody of finance approves the card, and very large ones "
    "need two people. The limits are settings of the bot: `countersign policies` lists them, and the card of a refund "
    "says who has to agree. Nobody can approve what they asked for themselves."
)
POLICY: Final = (
    "What needs a go-ahead is said by the policy of each tool, and not by me: ask for something, and where people have to "
    "agree, a card says who and why. `countersign policies` lists all of it. Nobody can approve what they asked for "
    "themselves."
)
BUTTONS: Final = (
    "A message never approves anything: that is what the buttons of the card are for, and only people whom it asks can "
    "use them."
)

_PARAGRAPH: Final = (
    "A thread is one conversation. Everything that happens to it, a message, a decision, a reset, goes "
    "into its inbox first and is worked off one by one. So two people who click at the same moment are "
    "simply two entries, and the second sees what the first one did."
)

LONG: Final = "\n\n".join(f"## Part {number}\n\n{_PARAGRAPH}" for number in range(1, 6))

_TABLE: Final = "| step | what happens |\n| --- | --- |\n" + "\n".join(
    f"| {number} | the event is stored, then acknowledged, then worked off |" for number in range(1, 41)
)
_CODE: Final = (
    "```python\n" + "\n".join(f"steps[{number}] = handle(event_{number})" for number in range(200)) + "\n```"
)

VERY_LONG: Final = "\n\n".join(
    (*(f"## Chapter {n}\n\n{_PARAGRAPH}" for n in range(1, 19)), _TABLE, _CODE, "That was all of it.")
)
