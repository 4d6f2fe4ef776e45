"""What is said where somebody may not ask for a call: to them, to the model, and on record."""

from __future__ import annotations

from bot.domain.approvals.asker import Kind

#: Why a call was refused before anybody was asked: for the record, and for the model.
MAY_NOT_ASK: dict[Kind, str] = {
    Kind.GUEST: "a guest of the workspace may not ask for it; somebody who is a member has to",
    Kind.STRANGER: "somebody of another workspace may not ask for it; a member of this one has to",
    Kind.NOBODY: "somebody who is no active member of the workspace may not ask for it; a member has to",
    Kind.MEMBER: "its policy does not let this person ask for it; somebody who may has to",
    Kind.UNKNOWN: "Slack did not say who asks for it; they can ask again in a while",
}
_WHO_MAY_ASK: dict[Kind, str] = {
    Kind.GUEST: "only members of this workspace can ask for it, and not guests. Ask a member of this workspace to ask me.",
    Kind.STRANGER: (
        "only members of this workspace can ask for it, and not people of other ones. Ask a member of this workspace "
        "to ask me."
    ),
    Kind.NOBODY: "only active members of this workspace can ask for it. Ask one of them to ask me.",
    Kind.MEMBER: "not everybody can ask for it here. Ask somebody who can, or whoever runs this bot who that is.",
    Kind.UNKNOWN: "I could not check with Slack who asks for it. Please ask again in a few minutes.",
}


def may_not_ask(title: str, kind: Kind) -> str:
    """Tell who asked that a call was not even put to anybody, why, and what helps."""
    return f"I did nothing about “{title}”: {_WHO_MAY_ASK[kind]}"
