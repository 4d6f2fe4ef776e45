"""What is said where a model's answer does not end whole, or does not come: to people, and to the model later."""

from __future__ import annotations

from bot.domain.ends import ModelEnd
from bot.domain.run import Failed

#: What a person writes by pressing Continue.
CONTINUE = "continue"

#: Below an answer of which there is only a part; the first has a Continue button.
CUT: dict[ModelEnd, str] = {
    ModelEnd.LENGTH: "_The answer is cut here: it is longer than the model may write at once._",
    ModelEnd.FILTER: (
        "_The answer is cut here: the model's server held the rest back by its content filter. "
        "Other words may help._"
    ),
}
#: The same where not a word of it came.
NO_WORD = "_The model used up what it may write at once before it said anything._"

#: Why there is no answer, or no more of it.
ENDS: dict[ModelEnd, str] = {
    ModelEnd.LENGTH: NO_WORD,
    ModelEnd.FILTER: "The model's server held its answer back by its content filter. Please try other words.",
    ModelEnd.BROKE_OFF: "The model's server broke off before the answer was whole. Nothing after this point was done.",
    ModelEnd.SILENT: "The model's server took the request and then said nothing, so I stopped waiting for it.",
    ModelEnd.TOO_LONG: (
        "This is more than the model can read, also without the older part of this thread. "
        "To begin anew here, mention me with the word *reset*: what was said is forgotten then. "
        "If one message or result is too long by itself, please ask for less at once."
    ),
}

#: What the model reads later of an answer of its own that was cut; of one that only was too long, where there are words
#: of it, nothing: it is to go on right there.
ASIDES: dict[ModelEnd, str] = {
    ModelEnd.LENGTH: "[cut off before the first word, as it was longer than allowed]",
    ModelEnd.FILTER: "[the rest was held back by a content filter]",
}

GONE_ON = (
    "This thread has gone on since, so there is nothing to continue. Please write what you want to know."
)


def cut(end: ModelEnd, text: str) -> str:
    """Say that an answer is only a part."""
    return CUT[end] if text.strip() else NO_WORD


def remembered(end: ModelEnd, text: str) -> str:
    """A cut answer as the model reads it later."""
    said = text.strip()
    return said if said and end is ModelEnd.LENGTH else f"{said} {ASIDES[end]}".strip()


def failed(outcome: Failed) -> str:
    """Say how an answer ended, with the reference an operator can look up; empty where it is no matter of the model's end."""
    return f"{ENDS[outcome.end]} (reference `{outcome.reference}`)" if outcome.end else ""


def slow(seconds: float) -> str:
    """Say that the model has said nothing for a while, and when that ends."""
    span = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
    return f"The model takes long to answer. If it stays silent, I stop waiting within {span}."


def read_next(count: int) -> str:
    """Say that messages of the thread wait until this one is answered."""
    return (
        "Your next message is noted: I read it right after this."
        if count == 1
        else f"Your next {count} messages are noted: I read them right after this."
    )
