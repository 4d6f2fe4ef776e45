"""No link of a model's text hides where it goes, whoever reads the text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.cutting import parts
from bot.slack.markdown import safe
from tests.unit.slack.link_judge import Link, hidden

TARGETS = [
    *("https://evil.test", "https://evil.test/a?b=c&d=e#f", "HTTPS://EVIL.test/x", "http://evil.test:8080/"),
    *("https://good.test@evil.test/", "https://good.test()@evil.test/", "https://good.test(@evil.test/)"),
    *("https://good.test\\@evil.test", "https:\\\\evil.test", "//evil.test", "///evil.test", "\\\\evil.test"),
    *(
        "https:evil.test",
        "https:///evil.test",
        "https://good.test&sol;@evil.test",
        "https://good.test&#47;@evil.test",
    ),
    *("https://evil&period;test", "https&colon;//evil.test", "&#104;ttps://evil.test", "https://evil%2etest"),
    *("https://good.test%40evil.test", "https://аррӏе.test", "https://ｅvil.test", "https://evil。test"),
    *(
        "https://evil.test/\u202etset.doog",
        "https://ev\u200bil.test",
        "https://evil.test/a(b)c",
        "https://e_v_il.test",
    ),
    *(
        "https://evil.test/(",
        "https://evil.test/a(b(c))",
        "https://evil.test/)",
        "https://evil.test 'good.test'",
    ),
    *(
        'https://evil.test "https://good.test"',
        "<https://evil.test>",
        "<https://evil.test/a b>",
        "< https://evil.test",
    ),
    *(
        "\n https://evil.test",
        "https://evil.test\n",
        "\thttps://evil.test\t",
        "https://[::1]/",
        "https://[oops",
    ),
    *(
        "slack://user?team=T1&id=U1",
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@evil.test",
        "evil.test",
    ),
    *(
        "/etc",
        "#a",
        "?x=1",
        "_a_",
        "a:smile:b",
        "*a*",
        "~~a~~",
        "tel:+123",
        "https://evil.test`",
        "`https://evil.test`",
    ),
    *(
        "https://good.test:443@evil.test",
        "https://good.test#@evil.test",
        "https://good.test;x@evil.test",
        "x y",
    ),
]
LABELS = [
    *("my bank", "https://good.test", "good.test", "", " ", "https://good.test (good.test)", "**good.test**"),
    *(
        "a [b] c",
        "a ] c",
        "a [ c",
        "a \\] c",
        "a \\",
        "`good.test`",
        "a ` b",
        "![good.test](x.png)",
        "[good.test](/x)",
    ),
    *(
        "a\nb",
        "good.test\u200b",
        "\u202etset.doog\u202c",
        "https://good.test | x",
        "<b>good.test</b>",
        "&lbrack;",
        "~~x~~",
    ),
]
FORMS = [
    *(
        "[{label}]({target})",
        "![{label}]({target})",
        "[![{label}]({target})]({target})",
        "!!![{label}]({target})",
    ),
    *("[{label}][r]\n\n[r]: {target}", "[r]: {target}\n\n[{label}][r]", "[{label}]\n\n[{label}]: {target}"),
    *(
        "[{label}][]\n\n[{label}]:\n{target}\n'title'",
        "![{label}][r]\n\n[r]: <{target}>",
        "[{label}] ({target})",
    ),
    *(
        '<a href="{target}">{label}</a>',
        "<img src={target} alt='{label}'>",
        "<{target}|{label}>",
        "<{target}>",
    ),
    *(
        "[{label}]({target} 'good.test')",
        "[{label}](<{target}>)",
        "\\[{label}]({target})",
        "[{label}\\]({target})",
    ),
    *(
        "\\![{label}]({target})",
        "[x [{label}]({target}) y]({target})",
        "*[{label}*]({target})",
        "[[{label}]]({target})",
    ),
]
AROUND = [
    *(
        "{}",
        "> {}",
        "- {}",
        "1. {}",
        "> > - {}",
        "# {}",
        "| a | b |\n|---|---|\n| {} | x |",
        "**{}**",
        "`x` {} `y`",
    ),
    *(
        "    {}",
        "\t{}",
        "```\n{}\n```",
        "~~~\n{}\n~~~",
        "> ```\n> {}\n> ```",
        "``` x\n{}",
        "`{}`",
        "``\n{}\n``",
    ),
    *(
        "```\nx\n``` y\n{}\n```",
        "text\n    {}",
        "<div>\n{}\n</div>",
        "<!-- {} -->",
        "- [ ] {}",
        "[^1]: {}",
        "x\r{}",
    ),
    *(
        "Term\n: {}",
        "~~{}~~",
        "\\`{}`",
        "`a\n`{}`",
        "<a href='`'>{}`",
        "- a\n\n      {}",
        ">" * 40 + " {}",
        "a\n{}\n===",
    ),
]


def everything() -> Iterator[str]:
    for index, (form, target) in enumerate(itertools.product(FORMS, TARGETS)):
        for step in range(3):
            label = LABELS[(index * 3 + step) % len(LABELS)]
            around = AROUND[(index * 7 + step * 11) % len(AROUND)]
            yield around.replace("{}", form.replace("{label}", label).replace("{target}", target))


#: What generated texts have found.
FOUND = [
    "![r]: https://evil.test\n\n[good.test][r]",
    "[\n[r]: https://evil.test\n\n[\n\\[r]",
    "[a`b`]: https://evil.test\n\n[good.test][a`b`]",
    "[a\\]b]: https://evil.test\n\n[good.test][a\\]b]",
    ">" * 40 + "[r]: https://evil.test\n\n[good.test][r]",
    "x\r\r[r]: https://evil.test\r\r[good.test][r]",
    "https://a.test`x`y`[good.test](?x=1)`",
    "https://a.test`x`y`<a href='//evil.test'>good.test</a>`",
    "[a](x)![b `c](https://evil.test)` d",
]
HOSTILE = sorted({*everything(), *FOUND})

written = st.builds(
    lambda around, form, label, target: around.replace(
        "{}", form.replace("{label}", label).replace("{target}", target)
    ),
    *map(st.sampled_from, (AROUND, FORMS, LABELS, TARGETS)),
)
pieces = st.one_of(
    written,
    st.sampled_from(
        [*TARGETS, *LABELS, "](", "[", "]", "]:", "[r]", "[r]: https://evil.test", "`", "```", "![", "\\"]
    ),
    st.text(alphabet="[]()<>!`\\:~*_ \n\r\t|>-1.&;#x/", max_size=12),
)
texts = st.lists(pieces, max_size=6).flatmap(
    lambda found: st.sampled_from(["", " ", "\n", "\n\n", "\r", "`"]).map(lambda by: by.join(found))
)


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) > 2000


def test_no_hostile_text_hides_a_target() -> None:
    wrong = {text: problems for text in HOSTILE if (problems := hidden(safe(text)))}

    assert wrong == {}


def test_a_judge_that_sees_nothing_would_be_no_judge() -> None:
    """Most of the texts are what they are meant to be: unsafe as they are."""
    assert sum(bool(hidden(text)) for text in HOSTILE) > len(HOSTILE) // 2
    assert not Link("link", "my bank", "https://evil.test").is_honest
    assert not Link("link", "good.test (evil.test) ", "https://evil.test.example").is_honest
    assert Link("link", "my bank (evil.test)", "https://evil.test/x").is_honest


@settings(max_examples=200)
@given(texts)
def test_no_text_made_of_such_pieces_does_either(text: str) -> None:
    assert hidden(safe(text)) == []


@settings(max_examples=100)
@given(texts)
def test_what_is_safe_stays_as_it_is(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@pytest.mark.parametrize("text", HOSTILE[:: len(HOSTILE) // 60])
def test_nothing_is_hidden_while_a_text_still_grows(text: str) -> None:
    grown = "Look at this: " + text + " and more"
    wrong = [grown[:end] for end in range(len(grown)) if hidden(safe(grown[:end]))]

    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "x" * 240 + " [good.test]: https://evil.test\n\n[good.test][]\n\n" + "y " * 200,
        "x" * 257 + "[good.test]: https://evil.test\n\n[good.test]\n\n" + "y " * 200,
        "`" + "a " * 150 + "[good.test](/evil) <b href=x>`\n" + "y " * 200,
        "~~~\n" + "a " * 150 + "\n[good.test]: https://evil.test\n~~~\n[good.test]" + "y " * 200,
    ],
)
def test_a_cut_makes_no_link_of_what_was_none(text: str) -> None:
    found = parts(text, 256)

    assert len(found) > 1
    assert [hidden(part) for part in found] == [[]] * len(found)
