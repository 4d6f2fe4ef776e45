"""A conversation in which nothing is parted from what it belongs to, in the order that strict servers want. Pure rules."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.item_kinds import Item, field, is_call, is_of_person, is_output, is_reasoning


def whole(items: Sequence[Item]) -> list[Item]:
    """Put each output behind its call, and leave out what has lost its other half.

    Chat Completions servers refuse a history in which anything stands between a call and its output, and with it
    every later message of the thread. Left out are an output without its call, a call without its output, as where a
    run was given up, and reasoning that nothing of its model follows.
    """
    return _without_loose_reasoning(_ordered(items, _outputs(items)))


def turns_of(items: Sequence[Item]) -> list[list[Item]]:
    """Part what a model did between two messages of people into its answers, each with the outputs of its calls."""
    found: list[list[Item]] = []
    for at, item in enumerate(items):
        if not found or (is_output(items[at - 1]) and not is_output(item)):
            found.append([])
        found[-1].append(item)
    return found


def _outputs(items: Sequence[Item]) -> dict[int, Item]:
    """The output of each call that has one, by the call's place. Some servers give an id again in a later answer."""
    found: dict[int, Item] = {}
    waiting: dict[str, list[int]] = {}
    for at, item in enumerate(items):
        if is_call(item):
            waiting.setdefault(field(item, "call_id"), []).append(at)
        elif is_output(item) and (calls := waiting.get(field(item, "call_id"))):
            found[calls.pop()] = item
    return found


def _ordered(items: Sequence[Item], outputs: dict[int, Item]) -> list[Item]:
    """Put outputs behind the last call of their group; leave everything else as it stands."""
    result: list[Item] = []
    waiting: list[Item] = []
    for at, item in enumerate(items):
        if is_output(item):
            continue
        if is_call(item) and at not in outputs:
            if at + 1 < len(items) and is_reasoning(
                items[at + 1]
            ):  # what is behind it has thoughts of its own
                while result and is_reasoning(result[-1]):
                    result.pop()
            continue
        if waiting and not is_call(item):
            result += waiting
            waiting = []
        result.append(item)
        if is_call(item):
            waiting.append(outputs[at])
    return [*result, *waiting]


def _without_loose_reasoning(items: Sequence[Item]) -> list[Item]:
    kept: list[Item] = []
    for item in reversed(items):
        behind = kept[-1] if kept else None
        if is_reasoning(item) and (behind is None or is_of_person(behind) or is_output(behind)):
            continue
        kept.append(item)
    return kept[::-1]
