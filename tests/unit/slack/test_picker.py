from __future__ import annotations

from bot.slack import actions
from bot.slack.picker import reset_picker
from tests.unit.slack import block_kit
from tests.unit.slack.test_cards import of_kind


def test_the_picker_lists_threads_with_a_button_each() -> None:
    value = "T0ACME0001/C0SUPPORT1/1795435200.000100"
    picker = reset_picker(
        [
            (
                value,
                "refund <!channel> *now*",
                "https://acme.slack.com/archives/C0SUPPORT1/p1795435200000100",
            ),
            ("T/C/2.0", "", "https://acme.slack.com/a|b>"),
        ]
    )

    block_kit.check(picker.blocks)
    assert actions.unpack(picker.blocks[1]["accessory"]) == value
    assert "refund <!channel> *now*" in of_kind(picker, "plain_text")
    assert "Untitled thread" in of_kind(picker, "plain_text")
    assert of_kind(picker, "mrkdwn") == (
        "<https://acme.slack.com/archives/C0SUPPORT1/p1795435200000100|Open>\n"
        "<https://acme.slack.com/a%7Cb&gt;|Open>"
    )


def test_the_picker_never_lists_more_than_a_message_holds() -> None:
    picker = reset_picker([(f"T/C/{n}.0", "title", "https://acme.test") for n in range(80)])

    block_kit.check(picker.blocks)
