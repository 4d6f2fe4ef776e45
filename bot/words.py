"""The bot's own sentences. What a person reads is written here, never in an exception."""

from __future__ import annotations

from collections.abc import Sequence

from bot.approval import Approval, ApprovalStatus
from bot.attachment import size
from bot.run import Failed, FailureKind

HELLO = "Hi! Tell me what you need, in this thread, and I will get on with it."
BLOCKED = "I can't help with that request, so I did nothing. If I misread it, please say it in other words."
STOPPED = "_Stopped. Nothing after this point was done._"
NEEDS_APPROVAL = "This needs a go-ahead before I do it. The card below says exactly what would happen."
ASKED_DIRECTLY = "This needs a go-ahead before I do it. I have asked the approvers directly."
UNSURE = (
    "Something broke off on the way, so I do not know whether it happened. "
    "I have asked the approvers to look, and will not try again by myself."
)
STALE = "The bot was updated and can no longer go on with this request. Please ask again."
WAS_RESET = "The thread was reset."
RUN_GONE = "The request that it was for is gone."
STRANDED = (
    "Something was approved here that I never got to do, because the request it was for is gone: the card says "
    "which. Please ask again if it is still wanted."
)
WAS_STOPPED = "The request was stopped."
LOOK = "It had begun by then: please look whether it happened."
BEGUN = "Something had begun by then: the approvers are asked to look whether it happened."
NOBODY_KNOWS = (
    "ERROR: it is not known whether this happened, and nobody said so in time. "
    "Do not try again; tell the person that someone has to check."
)


def not_as_asked(difference: str) -> str:
    """What people read of a call that did something else than was asked for."""
    return f"Not as it was asked for: {difference} Please look at that; I do not put it right by myself."


#: What is told where a result cannot be compared with what was asked for.
NOT_COMPARED = "it could not be checked whether what was done is what was asked for."
IT_HAPPENED = "This broke off, but a person has checked: it did happen. Do not do it again."
IT_DID_NOT = "ERROR: this broke off, and a person has checked: it did not happen."
EXPIRED_REASON = "Nobody decided before the deadline, so this was not done."

TOMORROW = (
    "So I did not read this one: please ask again after midnight UTC. "
    "What was begun goes on; buttons, Stop and reset work as always."
)
TOKENS_USED_UP = f"What you asked for today has used up your share of the models. {TOMORROW}"

GONE_ON = "This thread has gone on since, so there is nothing to try again. Please write it once more."
NOT_A_CARD = "The assistant wrote this. It is not an approval card: nothing here can be approved."
ANOTHER_WORKSPACE = "Only people of the workspace that I belong to can do this, so your click did nothing."
UNKNOWN_CARD = "I no longer know this card, so your click did nothing."
UNREADABLE = "Something that was written or clicked here can no longer be read. Please do it once more."
PAUSED = "_I am being restarted, and go on here in a moment._"
NOT_CONFIRMED = "_What stores my notes has not confirmed that it keeps them, so nothing was done yet. I try again by myself._"
LOST = (
    "What I remember was set back, and this got lost: I cannot say how far it came. "
    "Please look what was done, and ask me once more."
)
OVERTAKEN = "_This thread was reset before I had answered._"

FILES_UNREADABLE = (
    "The files I had kept for this thread can no longer be read, so I began with an empty folder."
)
NO_FILES = "I cannot read files here: code tasks are not set up."
FILES_REFUSED = "Slack did not take the files that I made."
FILES_GONE = "Some of the files that I made could not be found any more, so I did not send them."
NO_WORDS = "(No words, only the attached files.)"
NOT_KEPT = "I could not keep the files I worked with since the last step, so they are gone."
NO_PLACE = "there is no place for it in the workspace."
TIME_IS_UP = "ERROR: the time for this task is used up; say what is done and what is not."

FAILURES: dict[FailureKind, str] = {
    FailureKind.MODEL_BUSY: "The model is overloaded right now, so I could not answer.",
    FailureKind.MODEL_UNREACHABLE: "I could not reach the model, so I could not answer.",
    FailureKind.MODEL_REFUSED: "The model declined to answer this.",
    FailureKind.MODEL_GARBLED: "The model's answer made no sense, so I threw it away.",
    FailureKind.TOO_LONG: "This took more steps than I am allowed, so I stopped.",
    FailureKind.STALE_RUN: (
        "What I had saved for this no longer fits my present version, so I closed it. Please ask again."
    ),
    FailureKind.SANDBOX: "The sandbox for code was not there or broke off, so I could not finish.",
    FailureKind.INTERNAL: "Something went wrong on my side, so I could not answer.",
}


def failed(outcome: Failed) -> str:
    """Say in one sentence why there is no answer, with the reference an operator can look up."""
    return f"{FAILURES[outcome.failure]} (reference `{outcome.reference}`)"


def gave_up(reference: str) -> str:
    """Say that an event was put aside after it failed again and again."""
    return f"I tried this several times and could not do it, so I put it aside. (reference `{reference}`)"


def messages_used_up(most: int) -> str:
    """Tell a person that they have written as much as they may in a day, and when that ends."""
    return f"You have written {most:,} messages to me today, and that is the most. {TOMORROW}"


def asked_in(channel: str) -> str:
    """Say where approvers were asked."""
    return f"This needs a go-ahead before I do it. I have asked in <#{channel}>."


def from_another(name: str, text: str) -> str:
    """Hand the model a message of somebody who did not ask for what waits."""
    return f"[{name}, who did not ask for the pending action, writes:]\n{text}"


def waiting(approvals: Sequence[Approval]) -> str:
    """Tell the author of a new message what the thread waits for before it is answered."""
    names = " and ".join(sorted({f"`{approval.tool}`" for approval in approvals}))
    roles = " and ".join(sorted({role for approval in approvals for role in approval.missing}))
    return f"Noted. I am waiting for {roles} to decide on {names}; I will read your message right after that."


def reset(withdrawn: int, open_questions: int = 0, *, keeps_files: bool = False) -> str:
    """Confirm a reset in the thread, with what it withdrew and what it could not undo."""
    cards = {0: "", 1: " One pending approval was withdrawn."}.get(
        withdrawn, f" {withdrawn} pending approvals were withdrawn."
    )
    begun = f" {BEGUN}" if open_questions else ""
    files = " Its files are still there." if keeps_files else ""
    return f"Forgotten, as asked. This thread starts afresh.{files}{cards}{begun}"


def too_large(most: int) -> str:
    """Say that a workspace was not kept; how large it is nobody has counted."""
    return (
        f"The files I worked with are too large to keep (more than {size(most)}): "
        "what was kept is from before. Ask me to delete what is not needed."
    )


def left_out(names: Sequence[str]) -> str:
    """Say which files of a workspace could not be kept."""
    return f"I could not keep {_named(names)}: links that lead elsewhere, or names that cannot be stored."


def not_fetched(name: str, why: str) -> str:
    """Say that an attached file could not be taken in."""
    return f"I could not read `{name}`: {why}"


def not_sent(names: Sequence[str], why: str) -> str:
    """Say that results were not sent."""
    return f"I did not send {_named(names)}: {why}."


def too_many_results(count: int, most: int) -> str:
    """Say that not all results were looked at."""
    return f"There are {count:,} files in `out`. I send only what is new among the first {most:,} by name."


def _named(names: Sequence[str]) -> str:
    """Name a few, and count the rest."""
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"`{name}`" for name in names[:3]) + rest


def rejection(approval: Approval, by: str) -> str:
    """Tell the model, in plain words, why a call that needed approval did not run."""
    match approval.status:
        case ApprovalStatus.EXPIRED:
            return EXPIRED_REASON
        case ApprovalStatus.REJECTED:
            return f"Rejected by {by}: {approval.decisions[-1].reason or 'no reason given'}"
        case ApprovalStatus.REFUSED:
            return f"ERROR: this was not done and nobody was asked: {approval.closed_why}."
        case _:
            return f"This was not done: the approval was {approval.status}."


def already_closed(approval: Approval) -> str:
    """Tell a late clicker, privately, what became of the approval."""
    match approval.status:
        case ApprovalStatus.WITHDRAWN:
            return f"This was withdrawn. {approval.closed_why} Your click did nothing."
        case ApprovalStatus.EXPIRED:
            return "This approval has expired. Your click did nothing."
        case _:
            by = f" by <@{approval.decisions[-1].by}>" if approval.decisions else ""
            return f"This was already {approval.status}{by}. Your click did nothing."
