"""Whose words are where in what a model reads, and what is left of it without some of them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.events import MessageReceived
from bot.domain.read_words import DELETED, Place, located, others_in, own, taken_out
from bot.domain.replaced_texts import replaced

WORDS = st.text(st.sampled_from("ab> \n[]"), min_size=1, max_size=12)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("123"), WORDS), max_size=8), st.text("ab\n", max_size=4))
def test_what_is_taken_out_is_a_messages_words_and_no_others(
    pieces: list[tuple[str, str]], head: str
) -> None:
    marked = [(ts, f"<{number}:{words}>") for number, (ts, words) in enumerate(pieces)]
    text = "\n".join([head, *(words for _, words in marked)])
    places = located(text, marked)
    anew, left = taken_out(text, places, "2")

    assert anew == "\n".join([head, *(DELETED if ts == "2" else words for ts, words in marked)])
    assert [anew[one.start : one.end] for one in left] == [words for ts, words in marked if ts != "2"]
    assert taken_out(anew, left, "2") == (anew, left)


def test_what_others_had_said_before_stays_when_the_mention_is_deleted_and_the_other_way_round() -> None:
    before = "[Said before]\nMei: their card\nTheo: no"
    said = f"refund it\n\n> own table\n\n{before}\n\n[files: a.csv]"
    message = MessageReceived("9.0", "U1", " refund it", below=f"> own table\n\n{before} ")
    at = message.below.index(before)
    earlier = (Place("", 0, len(before)), *located(before, [("1.0", "Mei: their card"), ("2.0", "Theo: no")]))
    others = others_in(said, message.text, message.below, [one.moved(at) for one in earlier])
    places = (*others, *own("9.0", 0, len(said), others))

    assert taken_out(said, places, "9.0")[0] == f"{DELETED}\n\n{before}{DELETED}"
    theirs, left = taken_out(said, places, "1.0")
    assert theirs == said.replace("Mei: their card", DELETED)
    assert "their card" not in taken_out(theirs, left, "9.0")[0]
    assert "Theo: no" in taken_out(theirs, left, "9.0")[0]


def test_a_text_that_is_in_the_middle_of_another_is_not_replaced() -> None:
    state = {"input": ["ok", {"content": [{"text": "ok"}, {"text": "ok do it"}], "ok": 1}], "at": None}

    assert replaced(state, lambda text: "gone" if text == "ok" else text) == {
        "input": ["gone", {"content": [{"text": "gone"}, {"text": "ok do it"}], "ok": 1}],
        "at": None,
    }
