"""What a request tells of the team: who can be handed over to, and which tools are its own."""

from __future__ import annotations

import re
from typing import Final

from devkit.model.dialogue import Call, Dialogue, Tool

#: How the SDK describes a handoff: the agent's name, and when to hand over.
HANDOFF: Final = re.compile(r"Handoff to the (.+?) agent to handle the request\.\s*(.*)\Z", re.DOTALL)
TRANSFER: Final = "transfer_to_"
BACK: Final = "transfer_to_triage"
#: The tools of the support team's Billing.
SUPPORT: Final = frozenset({"get_invoice", "issue_refund"})
#: Tools that every agent in a sandbox has, and those by which Triage answers.
_COMMON: Final = frozenset(
    {"exec_command", "view_image", "apply_patch", "write_stdin", "search_docs", "summarize_url"}
)


def handoffs(dialogue: Dialogue) -> list[Tool]:
    """Who can be handed over to, each with its name and what it is for instead of what the SDK calls that."""
    return [tool for name, tool in dialogue.tools.items() if name.startswith(TRANSFER) and name != BACK]


def own_tools(dialogue: Dialogue) -> list[Tool]:
    """The tools of a specialist, which are the team's."""
    return [
        tool for name, tool in dialogue.tools.items() if not name.startswith(TRANSFER) and name not in _COMMON
    ]


def person(handoff: Tool) -> tuple[str, str]:
    """The name of who is handed over to, and what it is for."""
    found = HANDOFF.match(handoff.description)
    name = handoff.name.removeprefix(TRANSFER).replace("_", " ").strip()
    return (
        (found[1], found[2].strip()) if found else (name[:1].upper() + name[1:], handoff.description.strip())
    )


def handed_over(dialogue: Dialogue) -> list[Call]:
    """The handoffs since a person last said something: whoever is at it twice goes round in circles."""
    return [
        Call(entry.name, {})
        for entry in dialogue.since_user
        if entry.role == "call" and entry.name.startswith(TRANSFER)
    ]


def is_support(dialogue: Dialogue) -> bool:
    """Whether it is an agent of the demo's support team, which has rules of its own."""
    billing = dialogue.tools.get("transfer_to_billing")
    if billing is not None:
        about = person(billing)[1]
        return not about or "refund" in about.lower()
    if handoffs(dialogue):  # a Triage of others, whatever its tools are called
        return False
    names = {tool.name for tool in own_tools(dialogue)}
    return bool(names) and (names <= SUPPORT or names >= SUPPORT)


def abilities(dialogue: Dialogue) -> str:
    """What can be asked for here, a line each; empty where the request offers nothing."""
    people = [
        f"- **{name}**: {what or 'ask, and I hand you over.'}"
        for name, what in map(person, handoffs(dialogue))
    ]
    deeds = [f"- {_first_sentence(tool)}" for tool in own_tools(dialogue)[:10]]
    if "exec_command" in dialogue.tools:
        deeds.append("- Run a command, such as run `ls -l`, or work with a file that you attach.")
    return "\n".join(people or deeds)


def _first_sentence(tool: Tool) -> str:
    first = re.split(r"(?<=[.!?])\s|\n\n", " ".join(tool.description.split()), maxsplit=1)[0].strip()
    name = tool.name.replace("_", " ").strip()
    return first[:200] or name[:1].upper() + name[1:]
