"""The bot's own sentences. What a person reads is written here, never in an exception."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from bot.domain.approvals.approval import Approval, ApprovalStatus
from bot.domain.attachment import size
from bot.domain.run import Failed, FailureKind

HELLO = "Hi! Tell me what you need, in this thread, and I will get on with it."
FORGOTTEN_AS_ASKED = "This thread was forgotten, as you said."
NOTHING_FORGOTTEN = (
    "Nothing of that waits any more, so nothing was forgotten. Say reset if it still should be."
)
MEANWHILE = " For something else meanwhile, begin a thread: reply to any message here in one."
UNSURE_IF_MEANT = "I could not tell whether that was for me, so I leave it to the people here. If it was, mention me; I know what was said."
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
ASKING_DELETED = "The message that asked for it was deleted."
ASKING_CHANGED = (
    "You changed a message after I had asked for what it wants. What is asked for stays as it stands on the card; "
    "press Withdraw there if it is not wanted any more."
)
STRANGER = (
    "I answer people of the workspace that I belong to. You are of another one: please ask one of them."
)
READ_BEFORE = (
    "You changed a message that I had read already. My answer is to what it said before: "
    "write to me again if you need another one."
)
WITHDRAWN_AS_ASKED = "Withdrawn, as you asked."  # what the question whether to withdraw becomes
TAKEN_BACK = "It is not wanted any more."
STOPPED_ASIDE = "[stopped by a person]"  # what the model reads of it later
NOT_BEGUN = "This had not begun by then."
LOOK = "It had begun by then: please look whether it happened."
BEGUN = "Something had begun by then: the approvers are asked to look whether it happened."
NOBODY_KNOWS = (
    "ERROR: it is not known whether this happened, and nobody said so in time. "
    "Do not try again; tell the person that someone has to check."
)


def not_as_asked(difference: str) -> str:
    """What people read of a call that did something else than was asked for."""
    return f"Not as it was asked for: {difference} Please look at that; I do not put it right by myself."


#: For the model and the card, where earlier calls have grown since people agreed, or since nobody had to.
LIMIT_REACHED = (
    "ERROR: nothing was done. More has been done since this was decided, so a limit of its policy is reached that was "
    "not then. It can be asked for again; people then see what there is now."
)
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

MADE_BEFORE = (
    "The service says that this was done before what I remember was set back, so nobody is asked again "
    "and it is not done again."
)
MAY_REPEAT = (
    "What I remember was set back to an earlier moment, so this may have been asked, and even done, before. "
    "Please look before you decide."
)
LOST_CARD = "What I remember was set back, so I no longer know this request and nobody can decide it here."
LOST_DONE = "It was done before that, says the service behind it."
LOST_NOT_DONE = "Nothing was done because of it."
LOST_UNKNOWN = "I cannot tell whether anything was done because of it: please look before you ask again."
UNREADABLE = "Something that was written or clicked here can no longer be read. Please do it once more."
RESET_AFTERWARDS = (
    "I forget this thread once this answer is done. To stop it now, say reset once more, or press Stop."
)
PAUSED = "_I was interrupted, and go on here in a moment._"
STARVED = "The replica that was to do it had no means to: it was not begun, and another one does it."
NOT_CONFIRMED = "_What stores my notes has not confirmed that it keeps them, so nothing was done yet. I try again by myself._"
LOST = (
    "What I remember was set back, and this got lost: I cannot say how far it came. "
    "Please look what was done, and ask me once more."
)
MANY_ASK = "Many people are asking right now."
#: Beyond so many minutes a wait is not told to the minute.
LONGEST_TOLD = 60
OVERTAKEN = "_This thread was reset before I had answered._"

FILES_UNREADABLE = (
    "The files I had kept for this thread can no longer be read, so I began with an empty folder."
)
PROGRAM_ERROR = "A program reports an error."
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
    FailureKind.MODEL_CLOSED: "I am not let use my model any more, so I could not answer. Whoever runs me has to look at that first.",
    FailureKind.TOO_LONG: "This took more steps than I am allowed, so I stopped.",
    FailureKind.STALE_RUN: (
        "What I had saved for this no longer fits my present version, so I closed it. Please ask again."
    ),
    FailureKind.SANDBOX: "The sandbox for code was not there or broke off, so I could not finish.",
    FailureKind.TOOL_UNREACHABLE: (
        "A server that this needs cannot be reached, so I did not begin it. What was approved stays approved: "
        "press Retry once the server is back."
    ),
    FailureKind.INTERNAL: "Something went wrong on my side, so I could not answer.",
}


def budget_kept(status: ApprovalStatus, *, is_read: bool) -> str:
    """Say why a run ends at its budget, and what became of it; its message was not `is_read` where nobody could pay its check."""
    why = {
        ApprovalStatus.EXPIRED: "Nobody decided in time whether I may go on beyond the budget",
        ApprovalStatus.WITHDRAWN: "The request to let me go on beyond the budget was withdrawn",
    }.get(status, "I was not allowed to go on beyond the budget")
    if not is_read:
        return f"{why}, so I have not read your message. Please write it again if you still need it."
    return f"{why}, so I stopped here. What I had done by then stays done; ask me again if you still need the rest."


def budget_flood(*, is_read: bool) -> str:
    """Say the same of a run for which nobody is asked, as people have enough to decide."""
    unread = "have not read your message. Please write it again"
    what = "stopped here. What I had done by then stays done; ask me again" if is_read else unread
    return f"A budget is used up, and too much waits for approval already, so I {what} once some of that is decided."


def failed(outcome: Failed) -> str:
    """Say in one sentence why there is no answer, with the reference an operator can look up."""
    return f"{FAILURES[outcome.failure]} (reference `{outcome.reference}`)"


def gave_up(reference: str) -> str:
    """Say that an event was put aside after it failed again and again."""
    return f"I tried this several times and could not do it, so I put it aside. (reference `{reference}`)"


def messages_used_up(most: int) -> str:
    """Tell a person that they have written as much as they may in a day, and when that ends."""
    return f"You have written {most:,} messages to me today, and that is the most. {TOMORROW}"


def asked_in(channels: Sequence[str], *, here: bool = False, directly: bool = False) -> str:
    """Say where approvers were asked: in channels, in this very thread, or some of them directly."""
    if not channels:
        return ASKED_DIRECTLY if directly else NEEDS_APPROVAL
    places = " and ".join(f"<#{channel}>" for channel in channels)
    places += f"{' and' if len(channels) == 1 else ', and'} here" if here else ""
    also = ", and some approvers directly" if directly else ""
    return f"This needs a go-ahead before I do it. I have asked in {places}{also}."


def from_another(name: str, text: str) -> str:
    """Hand the model a message of somebody who did not ask for what waits."""
    return f"[{name}, who did not ask for the pending action, writes:]\n{text}"


def waiting(what: str, roles: str) -> str:
    """Tell the author of a new message what the thread waits for before it is answered."""
    return f"Noted. I am waiting for {roles} to decide on {what}; I will read your message right after that."


def cannot_be_done(what: str, problem: str, *, editable: bool) -> str:
    """Tell who asked that what waits cannot be done any more, as somebody was about to approve it."""
    may = "change or reject it" if editable else "reject it"
    return f"“{what}” still waits, but it cannot be done as it stands: {problem} An approver can {may}."


def taken_in(text: str) -> str:
    """Say in a line that the run reads a message which came while it worked."""
    return f"Taken in: {' '.join(text.split()) or NO_WORDS}"


def words_decide_nothing(what: str, roles: str) -> str:
    """Tell who decides in words that only buttons count."""
    return f"Words decide nothing here: {what} waits until {roles} press a button of its card."


#: The same where nothing is known of a card, and below one.
NO_CARD_MEANT = "Words decide nothing: if you mean a card, press the button on it."
ABOVE = "Words decide nothing here: only the buttons of the card above count."
CLOSED_ABOVE = "What the card above asked for is closed, so there is nothing to decide here any more."


def not_below_a_card(link: str) -> str:
    """Say that the place below a card is no conversation, and where to write instead; nowhere without a link."""
    where = f" Write to me in the thread that it is about: {link}" if link else " Write to me anywhere else."
    return f"This is the card of a request, and I answer nothing below it.{where}"


def long_wait(wait: timedelta | None) -> str:
    """Tell a person whose message waits in line that it takes long, and how long if that is known."""
    if wait is None:
        return f"{MANY_ASK} I get to yours as soon as I can."
    minutes = math.ceil(wait / timedelta(minutes=1))
    if minutes > LONGEST_TOLD:
        return f"{MANY_ASK} It will be more than an hour before I get to yours."
    return f"{MANY_ASK} I get to yours in about {'a minute' if minutes <= 1 else f'{minutes} minutes'}."


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
        f"The files I worked with are too large to keep (more than {size(most)}), so none that I made is sent: "
        "what was kept is from before. Ask me to delete or pack what is not needed."
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


def hidden(names: Sequence[str]) -> str:
    """Say what the dots in an answer stand for."""
    return f"•••• stands for what I do not show in answers: {' and '.join(names)}."


def rejection(approval: Approval, by: str) -> str:
    """Tell the model, in plain words, why a call that needed approval did not run."""
    match approval.status:
        case ApprovalStatus.EXPIRED:
            return EXPIRED_REASON
        case ApprovalStatus.WITHDRAWN:
            who = " by who asked for it" if approval.closed_by else ""
            return f"This was not done: it was withdrawn{who}. {approval.closed_why}"
        case ApprovalStatus.REJECTED:
            return f"Rejected by {by}: {approval.decisions[-1].reason or 'no reason given'}"
        case ApprovalStatus.REFUSED:
            return not_asked(approval.closed_why)
        case _:
            return f"This was not done: the approval was {approval.status}."


def not_asked(why: str) -> str:
    """Tell the model why a call was not even put to people."""
    return f"ERROR: this was not done and nobody was asked: {why}."
