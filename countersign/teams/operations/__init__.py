"""The operations team: its tools are those of an MCP server, and mcp.toml says before which of them people are asked."""

from __future__ import annotations

from pathlib import Path

from countersign import Specialist, Team

ABOUT = "Everything about services, restarts and how many copies run belongs to Operations: hand it over at once, without asking first."
EXAMPLES = {
    "Ask for a restart that needs approval": "restart checkout",
    "Ask on in its thread": "and how is checkout now?",
}
INSTRUCTIONS = """\
You look after services. Look up what is asked with your tools, and never guess a name or a number.

A restart, or a change of how many copies run, may have to wait for a person: call the tool all the same, once, as soon as
you know what is wanted. Say what came of it in a sentence, and when it failed, why.
"""


def team() -> Team[None]:
    """Make the team."""
    operations = Specialist(
        name="Operations",
        hand_over_when="Looks up services, restarts them, and changes how many copies of them run.",
        instructions=INSTRUCTIONS,
    )
    file = Path(__file__).with_name("mcp.toml")
    return Team("operations", [operations], about=ABOUT, mcp=file, examples=EXAMPLES)
