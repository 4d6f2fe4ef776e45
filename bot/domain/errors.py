"""Everything the bot raises on purpose. The docstring is the default message."""

from __future__ import annotations

from typing import ClassVar


class BotError(Exception):
    """Something went wrong."""

    #: What a person in Slack may read. Never the exception's own text.
    user_message: ClassVar[str] = "Sorry, that failed."

    def __str__(self) -> str:
        return super().__str__() or (self.__doc__ or "")


class LeaseLost(BotError):
    """Another worker holds this thread now; stop without writing."""


class MessageBehind(BotError):
    """A message comes right behind the event, and nothing was written for that."""


class UnknownSchema(BotError):
    """Stored by another version, altered, or not ours: it cannot be read."""

    user_message = "What I had saved for this thread can no longer be read, so I closed it."


class KeyMissing(UnknownSchema):
    """Sealed with a key that this replica does not have: nothing is wrong with it."""

    user_message = (
        "I cannot open what I have saved of this at present: a key is missing here. Nothing is lost, and I go on "
        "as soon as it is back."
    )


class NotUnderstood(BotError):
    """What Slack delivered is not what this form or button brings back."""


class InputRefused(BotError):
    """The saved run takes no message any more."""

    user_message = (
        "I cannot take this in any more while that waits. Please write it again once it is decided."
    )


class SlackRejected(BotError):
    """Slack refused a call for good."""

    #: What `chat.postMessage` answers where the bot may not write any more.
    #: https://docs.slack.dev/reference/methods/chat.postMessage#errors
    CLOSED: ClassVar[frozenset[str]] = frozenset(
        {
            "cannot_reply_to_message",
            "channel_not_found",
            "is_archived",
            "messages_tab_disabled",
            "not_in_channel",
            "restricted_action",
            "restricted_action_non_threadable_channel",
            "restricted_action_read_only_channel",
            "restricted_action_thread_locked",
            "restricted_action_thread_only_channel",
            "thread_not_found",
        }
    )

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"{method}: {code}")
        self.method = method
        self.code = code

    @property
    def is_closed(self) -> bool:
        """Whether the place itself is closed to the bot, so that no other words would do."""
        return self.code in self.CLOSED


class SlackUnavailable(BotError):
    """Slack did not answer, or asked for more patience than the call had."""

    def __init__(self, method: str, retry_after: float = 1.0) -> None:
        super().__init__(f"{method}: retry after {retry_after:g} s")
        self.method = method
        self.retry_after = retry_after


class SlackBusy(SlackUnavailable):
    """Slack has been asked too often of late, and says when it will answer again."""


class SlackUnauthorized(SlackUnavailable):
    """Slack does not take the bot's token for now: it was revoked, rotated or has run out."""

    #: What is wrong with the token or its workspace, not with the call:
    #: https://docs.slack.dev/reference/methods/auth.test#errors
    CODES: ClassVar[frozenset[str]] = frozenset(
        {
            "account_inactive",
            "invalid_auth",
            "not_authed",
            "org_login_required",
            "team_added_to_org",
            "token_expired",
            "token_revoked",
        }
    )

    def __init__(self, method: str, code: str) -> None:
        super().__init__(method)
        self.code = code


class FileRefused(BotError):
    """An attached file is not what Slack said, or cannot be had."""

    user_message = "Slack did not give it to me."


class WorkspaceNotKept(BotError):
    """The files of a run could not be packed, so it must not be saved ahead of them."""


class DecisionRefused(BotError):
    """This click cannot decide this approval."""


class NotAnApprover(DecisionRefused):
    """The person is not among those who may decide."""

    user_message = "You are not one of the approvers for this, so nothing changed."


class SelfApproval(DecisionRefused):
    """The person asked for it and so may not decide it."""

    user_message = (
        "You asked for this or had a hand in it, so someone else has to decide it. Nothing changed."
    )


class ApproverUnknown(DecisionRefused):
    """Slack did not say who the person is; refused, to be safe."""

    user_message = "I could not check with Slack who may decide this, so nothing changed. Please try again."


class AlreadyDecided(DecisionRefused):
    """The approval is not pending any more."""

    user_message = "This was already closed, so your click changed nothing."


class ApprovalExpired(DecisionRefused):
    """The deadline passed before anyone decided."""

    user_message = "This approval has expired, so nothing was done."


class CardOutdated(DecisionRefused):
    """The arguments were changed after the card that was clicked had been shown."""

    user_message = "This was changed while you looked at it, so nothing happened. Please read it again."


class DecidedInYourPlace(DecisionRefused):
    """Somebody who stands in for the person, or for whom they stand in, has decided already."""

    user_message = "This place is taken: who stands in and who is stood in for count once between them."


class SaidAlready(DecisionRefused):
    """The person has said the same of the same call before."""

    user_message = "You have said this already. It counts once, and others still have to agree."


class NotTheRequester(DecisionRefused):
    """Only who asked for a call may withdraw it, or have its approvers reminded."""

    user_message = "Only the person who asked for this can do that, so nothing changed."


class NotLookedUp(DecisionRefused):
    """The service that said what the call would do does not say so any more."""

    user_message = (
        "I could not look up whether this would still do what the card says: the service behind it does not answer. "
        "Nothing changed; please click again in a while."
    )


class CannotBeDone(DecisionRefused):
    """The service behind the call would refuse it; `problem` says why, for people."""

    user_message = "This cannot be done as it stands, so nothing changed."

    def __init__(self, problem: str) -> None:
        super().__init__()
        self.problem = problem


class NudgedAlready(DecisionRefused):
    """Who asked has had the approvers reminded before."""

    user_message = "They were reminded before because you wanted it, and that is possible once."


class NudgedTooSoon(DecisionRefused):
    """The approvers were asked or reminded a moment ago."""

    user_message = "They were asked or reminded a moment ago, so I leave them alone for now."


class NotOffered(DecisionRefused):
    """This approval does not offer what was clicked."""

    user_message = "This is not possible here, so nothing changed."


class ReasonNeeded(DecisionRefused):
    """A rejection of this tool needs a reason."""

    user_message = "A rejection needs a reason here, so nothing changed."


class EditRefused(DecisionRefused):
    """Nothing was changed, or something that may not be."""

    user_message = "There was nothing that could be changed that way, so nothing happened."


class DelegationRefused(BotError):
    """Nobody stands in for themselves, nor for a time that is over or too long."""

    user_message = "Choose somebody else, and an end within the next 90 days."


class HandedOver(BotError):
    """This replica is leaving; the run goes on in another from its checkpoint."""


class Starved(HandedOver):
    """The machine gives this replica no more files, memory or threads: another one is to do it."""


class TakenIn(BotError):
    """A message was taken into the run, or its models are others now: it goes on from where it is saved."""


class NotConfirmed(BotError):
    """Redis has not confirmed that it keeps the beginning of a side effect, so it was not begun."""


class NotKept(BotError):
    """Redis has not confirmed that it keeps what a person wants, and nothing else would tell of it."""


class ToolUnreachable(BotError):
    """The server behind a tool cannot be reached, so nothing was begun."""


class NeedsRunSlot(BotError):
    """A click or a timer moves a run: that is for a slot that runs agents."""


class OutcomeUnknown(BotError):
    """A side effect began and did not end: it may have happened."""

    def __init__(self, said: str = "") -> None:
        """`said` is what the service reports all the same, in a sentence for people; mostly nothing."""
        super().__init__(said)
        self.said = said


class NotAuthorized(BotError):
    """This call is not one that was approved."""


class CannotStart(BotError):
    """Something the bot cannot do without turned it away at start."""


class CannotWrite(BotError):
    """Something cannot be written, for want of room or as there is nothing of it; the sentence says why."""


class CannotRestore(BotError):
    """A backup is not one, or does not fit here; the sentence says why."""
