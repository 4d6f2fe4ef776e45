"""Everything that was said in a workspace, as text."""

from __future__ import annotations

from devkit.slack.workspace import Workspace


def transcript(workspace: Workspace) -> str:
    """One line a message: where it stands, by whom, its words and its buttons."""
    lines = [
        f"{m.channel} {m.thread_ts or m.ts} {m.user}: {m.shown[:300]} {[b['action_id'] for b in m.buttons]}"
        for messages in workspace.messages.values()
        for _, m in sorted(messages.items())
    ]
    lines += [f"only {user}: {m.shown[:200]}" for user, m in workspace.ephemerals]
    return "\n".join(lines)
