"""The commands `countersign tail` and `countersign trace`."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.operations import thread_story
from bot.operations.command import FAILED, RECORD, read_settings, run


def tail(
    thread: Annotated[
        str,
        typer.Argument(
            help="A link to one of its messages, TEAM/CHANNEL/TS, or CHANNEL/TS; without one, the thread in which something happened last."
        ),
    ] = "",
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
    with_text: Annotated[
        bool, typer.Option("--text", help="With what people and models said in it.")
    ] = False,
) -> None:
    """Tell what happened in a thread: messages, models, cards, decisions, effects, answers."""
    told = thread_story.tail(
        read_settings(used=RECORD), thread, typer.echo, with_text=with_text, follow=follow
    )
    if not run(told):
        raise typer.Exit(FAILED)


def trace(reference: Annotated[str, typer.Argument(help="As it stands in the sentence in Slack.")]) -> None:
    """Find what failed, by the reference that a person was shown."""
    if not run(thread_story.trace(read_settings(used=RECORD), reference, typer.echo)):
        raise typer.Exit(FAILED)
