"""What a model reads of a conversation: it fits, nothing of it is half, and it begins as it did before."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.exchanges import exchanges_of
from bot.domain.item_kinds import is_call, is_of_person, is_output, is_reasoning
from bot.domain.model_view import TURNS_LEFT_OUT, view, weigh
from bot.domain.shortened import shortened
from bot.domain.tokens import PICTURE, tokens
from bot.domain.whole_items import whole
from devkit.model.refused import Thoughts, by_deepseek


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def call(call_id: str, arguments: str = "{}", name: str = "look") -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": f"fc_{call_id}",
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
    }


def output(call_id: str, text: Any = "x") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": text}


def thought(name: str) -> dict[str, Any]:
    return {"type": "reasoning", "id": f"rs_{name}", "summary": []}


def says(text: str, name: str = "1") -> dict[str, Any]:
    content = [{"type": "output_text", "text": text}]
    return {"type": "message", "id": f"msg_{name}", "role": "assistant", "content": content}


TEXTS = st.text(max_size=40) | st.integers(0, 30_000).map(lambda length: 'wide "words" ü\n' * (length // 12))


@st.composite
def conversations(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Exchanges as models and people make them; some runs were given up, some outputs came late, some ids come again."""
    items: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 8))):
        items.append(user(draw(TEXTS)))
        late: list[dict[str, Any]] = []
        for turn in range(draw(st.integers(0, 4))):
            ids = [f"call_{draw(st.integers(0, 3))}_{one}" for one in range(draw(st.integers(1, 3)))]
            items.append(thought(f"{number}_{turn}"))
            items += [call(one, json.dumps({"what": draw(TEXTS)})) for one in ids]
            for one in ids:
                match draw(st.sampled_from(["at once"] * 6 + ["late", "never"])):
                    case "at once":
                        items.append(output(one, draw(TEXTS)))
                    case "late":
                        late.append(output(one, draw(TEXTS)))
                    case _:
                        pass
        if draw(st.booleans()):
            items += [thought(f"{number}_last"), says(draw(TEXTS), f"{number}_last")]
        items += late if draw(st.booleans()) else []
    return items


def as_chat(items: Sequence[Any]) -> list[dict[str, Any]]:
    """The same for a Chat Completions server: calls in a row are one message."""
    found: list[dict[str, Any]] = []
    for item in items:
        if is_output(item):
            found.append({"role": "tool", "tool_call_id": item["call_id"]})
        elif is_call(item):
            if not (found and found[-1].get("tool_calls")):
                found.append({"role": "assistant", "tool_calls": []})
            found[-1]["tool_calls"].append({"id": item["call_id"]})
        elif not is_reasoning(item):
            found.append({"role": item["role"]})
    return found


@settings(max_examples=60, deadline=None)
@given(items=conversations(), room=st.integers(600, 20_000))
def test_whatever_a_conversation_is_its_view_fits_and_nothing_of_it_is_half(
    items: list[dict[str, Any]], room: int
) -> None:
    shown = view(items, room).items

    assert weigh(shown) <= room
    calls, outputs = ([i["call_id"] for i in shown if kind(i)] for kind in (is_call, is_output))
    assert sorted(calls) == sorted(outputs)
    for one, following in zip(shown, [*shown[1:], user("")], strict=True):
        assert not (is_reasoning(one) and (is_of_person(following) or is_output(following)))
        assert not (is_reasoning(one) and is_reasoning(following))
    assert by_deepseek({"messages": as_chat(shown)}) is None
    newest = [item for item in items if is_of_person(item)][-1]["content"]
    last = [item for item in shown if is_of_person(item)][-1]["content"]
    assert last.removesuffix(f"\n{TURNS_LEFT_OUT}")[:20] == newest[:20]
    assert view(items, room).items == shown
    assert items == json.loads(json.dumps(items))  # nothing of it was changed


@settings(max_examples=60, deadline=None)
@given(items=conversations(), room=st.integers(600, 20_000))
def test_a_longer_conversation_begins_as_it_did_until_half_of_it_goes(
    items: list[dict[str, Any]], room: int
) -> None:
    items = whole(items)
    for at in [at for at, item in enumerate(items) if is_of_person(item)][1:]:
        before, now = view(items[:at], room), view(items[: at + 1], room)
        if now.items[: len(before.items)] != before.items:
            assert weigh(before.items) + tokens(items[at]) > room // 2


def answered(number: int, calls: int = 1) -> list[dict[str, Any]]:
    """An answer with some calls."""
    ids = [f"c{number}_{one}" for one in range(calls)]
    turn = [thought(f"{number}a"), *map(call, ids), *(output(one, "found " * 20) for one in ids)]
    return [*(turn if calls else []), thought(f"{number}b"), says("done", f"{number}b")]


@pytest.mark.parametrize("seed", range(3))
def test_wherever_a_conversation_is_cut_a_server_that_knows_it_takes_it(seed: int) -> None:
    chance, server, items = random.Random(seed), Thoughts(), list[dict[str, Any]]()
    for number in range(45):
        said = answered(number, chance.randrange(3))
        for part in (said[:-2] or said, said[-2:]):
            server.note([one for one in part if not is_output(one)])
        items += [user(f"question {number}"), *said]
    for room in range(500, weigh(items) + 1_000, 400):
        shown = view(items, room)

        assert server.refuse({"input": shown.items}) is None
        assert shown.is_cut == (shown.items[0] != items[0])
        assert shown.items == items[-len(shown.items) :]
    assert any(server.refuse({"input": items[-most:]}) for most in range(1, len(items)))


def test_a_hundred_turns_move_the_beginning_a_few_times_only() -> None:
    items, moved, beginning = list[Any](), 0, None
    for number in range(100):
        items += [user(f"question {number}"), *answered(number)]
        shown = view(items, 4_000).items
        moved += beginning not in {None, shown[0]["content"]}
        beginning = shown[0]["content"]

    assert 1 <= moved <= 100 * weigh(answered(0)) // 1_500


def test_one_giant_item_is_cut_with_a_note_and_all_around_it_stays() -> None:
    giant = "begin " + "x" * 400_000 + " end"
    items = [user("first"), *answered(1), user("look"), thought("g"), call("g"), output("g", giant)]
    shown = view(items, 4_000).items

    assert shown[:-1] == items[:-1]
    assert tokens(shown[-1]) <= 1_000
    assert shown[-1]["output"].startswith("begin xxx")
    assert "400010 characters in all, kept but too long" in shown[-1]["output"]
    assert shown[-1]["output"].endswith(" end")
    assert items[-1]["output"] == giant


def test_many_large_turns_of_the_newest_answer_go_from_the_first_on_and_the_model_is_told() -> None:
    turns = [[thought(str(n)), call(str(n)), output(str(n), f"{n} " * 900)] for n in range(9)]
    shown = view([user("before"), user("do much"), *(item for turn in turns for item in turn)], 2_000)

    assert shown.is_cut
    assert shown.items[0] == user(f"do much\n{TURNS_LEFT_OUT}")
    assert [item["id"] for item in shown.items if is_reasoning(item)] == ["rs_6", "rs_7", "rs_8"]
    assert is_reasoning(shown.items[1])
    assert [item["call_id"] for item in shown.items if is_output(item)] == ["6", "7", "8"]


def test_eight_giant_results_at_once_are_all_cut_and_all_there() -> None:
    ids = [str(number) for number in range(8)]
    items = [user("all of them"), *map(call, ids), *(output(one, one * 90_000) for one in ids)]
    shown = view(items, 2_000).items

    assert [item["call_id"] for item in shown if is_output(item)] == ids
    assert weigh(shown) <= 2_000


def test_arguments_that_are_cut_are_still_json_and_other_kinds_are_cut_where_they_are_long() -> None:
    patch = {"type": "custom_tool_call", "call_id": "p", "name": "apply_patch", "input": "line\n" * 9_000}
    parts = [{"type": "input_text", "text": "t" * 9_000}, {"type": "input_image", "image_url": "d" * 90_000}]
    for item in (call("a", json.dumps({"text": "a" * 90_000})), patch, output("o", parts), user("ü" * 9_000)):
        small = shortened(item, 1_900)

        assert tokens(small) <= 1_900
        assert {**small, "arguments": 0, "input": 0, "output": 0, "content": 0} == {
            **item,
            "arguments": 0,
            "input": 0,
            "output": 0,
            "content": 0,
        }
    assert (
        "aaa"
        in json.loads(shortened(call("a", json.dumps({"text": "a" * 90_000})), 900)["arguments"])["left_out"]
    )
    assert shortened(output("o", parts), 1_900)["output"][1] == parts[1]
    assert tokens(user("")) < PICTURE < tokens(output("o", parts[1:])) < PICTURE + 100


def test_an_id_that_a_server_gives_again_belongs_to_the_newest_call() -> None:
    first = [user("a"), call("call_0"), output("call_0", "one"), says("one")]
    second = [user("b"), call("call_0"), output("call_0", "two"), says("two")]

    assert whole([*first, *second]) == [*first, *second]
    assert whole([user("a"), call("call_0"), *second]) == [user("a"), *second]


def test_what_lost_its_other_half_goes_and_what_came_late_moves_to_its_call() -> None:
    given_up = [user("a"), thought("1"), call("1"), user("b")]
    late = [user("a"), thought("1"), call("1"), call("2"), user("b"), output("2"), output("1")]

    assert whole(given_up) == [user("a"), user("b")]
    assert whole(late) == [user("a"), thought("1"), call("1"), call("2"), output("1"), output("2"), user("b")]
    assert whole([output("1"), user("b"), output("p")]) == [user("b")]
    assert whole([user("a"), thought("1"), call("1"), thought("2"), says("b")]) == [
        user("a"),
        thought("2"),
        says("b"),
    ]
    assert len(exchanges_of(late)) == 2
