"""What a card shows of a preview: what the call would do, what is wrong with it, and what changed since. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.domain.approvals.approval import Approval
from bot.domain.approvals.preview import Preview, PreviewChange, differences
from bot.slack import limits
from bot.slack.blocks import Block, plain, section, short
from bot.slack.deceptive_characters import visible
from bot.slack.markdown import escape

UNREAD: Final = "Could not look up what this would change: the service behind it did not answer. Please look there before you decide."
_NO_MORE: Final = "it cannot be done any more."


def preview_blocks(approval: Approval) -> Iterator[Block]:
    """Show what would happen, as a service says it: in plain text, which Slack reads nothing into."""
    if approval.preview is None:
        return
    if not approval.is_final and (changed := changed_since(approval)):
        yield section(plain(short(changed, limits.SECTION)))
    if approval.preview.unread:
        yield section(plain(UNREAD))
    if approval.preview.problem:
        yield section(plain(f"This cannot be done as it stands: {visible(approval.preview.problem)}"))
    for facts in _facts(approval.preview):
        yield section(plain(facts))


def title_of(approval: Approval) -> str:
    """What the call would do, in one line; empty where no preview says so."""
    return visible(approval.preview.title, keep="") if approval.preview is not None else ""


def _facts(preview: Preview) -> Iterator[str]:
    """What is to be known of it, one fact a line, in as many texts as it takes: nothing is cut off."""
    text = ""
    for one in preview.facts:
        line = f"{visible(one.label, keep='')}: {visible(one.value, keep='')}"
        if text and len(text) + len(line) >= limits.SECTION:
            yield text
            text = ""
        text = f"{text}\n{line}" if text else line
    if text:
        yield text


def changed_since(approval: Approval) -> str:
    """Say what is another than it was when somebody was about to approve it; empty where nothing is."""
    if not approval.preview_changes or approval.preview_changes[-1].after != approval.preview:
        return ""
    last = approval.preview_changes[-1]
    # What is wrong is said right below, and not twice.
    what = _NO_MORE if last.after.problem else changes_of(last.before, last.after)
    return f"Changed since this was asked: {what} What was approved before does not count."


def changes_of(before: Preview, after: Preview) -> str:
    """Say what two previews say differently, in a few sentences."""
    if after.problem:
        return f"{_NO_MORE} {visible(after.problem, keep='')}"
    if before.unread:
        return "what it would change can be looked up again."
    if before.problem:
        return "it can be done again."
    said = [
        f"{visible(label, keep='')}: {visible(then, keep='') or 'nothing'} → {visible(now, keep='') or 'nothing'}"
        for label, then, now in differences(before, after)
    ]
    return f"{'; '.join(said)}."


def click_again(change: PreviewChange) -> str:
    """Tell who clicked, privately, that they had read something else."""
    said = escape(short(changes_of(change.before, change.after), limits.SECTION))
    again = "" if change.after.problem else " Look again, and click once more if you still agree."
    return f"Your click did not count, for this has changed since the card was shown: {said}{again}"


def cannot(problem: str) -> str:
    """Tell who clicked, privately, that the service behind it would refuse it."""
    return f"Nothing changed, because this cannot be done: {escape(visible(problem, keep=''))}"
