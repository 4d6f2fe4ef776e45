"""What the demo model says when the rules leave it to small talk."""

from __future__ import annotations

from typing import Final

WHO: Final = (
    "I am the demo's built-in model: a few rules in a local process, not a real language model. "
    "Put an `OPENAI_API_KEY` or a `DEEPSEEK_API_KEY` into `.env` and I make room for a real one."
)

HELP: Final = """Hello! Here is what you can try:

- **refund $12 on INV-1004**: small enough to go through at once
- **refund $29 on INV-1003**: waits until someone of finance approves it
- **show me INV-1005**, and then *and what is its date?*

Invoices run from `INV-1001` to `INV-1006`."""

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
