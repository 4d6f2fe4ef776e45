"""What is masked in what a model writes: by which patterns, and that streaming shows none of it sooner."""

from __future__ import annotations

import string
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from bot.domain.mask_patterns import BUILT_IN, Masked, made
from bot.domain.masking import NOT_TOLD, USUAL, Budget, MaskedStream, Masks

ALL = Masks(BUILT_IN)
DOTS = "••••••"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow-IBAAKC\nAQEA7\n-----END RSA PRIVATE KEY-----"

SECRETS = (
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789",
    "glpat-abcDEF123456_7890-xyz",
    "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOp",
    "xapp-1-A0123456789-1234567890123-abcdef0123456789",
    "sk-proj-4f9aBcD_efGhIjKlMnOp-QrStUvWx",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
    "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",
    "npm_abcdefghijklmnopqrstuvwxyz0123456789",
    "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    JWT,
    PEM,
)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "around", ["It is {}.", "`{}`", "**{}**", "| key | {} |", "key:\n{}\n", "({})", "{}"]
)
def test_a_secret_is_masked_wherever_it_stands(secret: str, around: str) -> None:
    shown = USUAL.whole(around.format(secret))

    assert shown.text.rstrip(".") == around.format(DOTS).rstrip(".")
    assert shown.hidden == ("a secret",)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://app:s3cr3t@db.example.com/x", f"postgres://app:{DOTS}@db.example.com/x"),
        ("see https://bob:p@ss@host/", f"see https://bob:{DOTS}@host/"),
        ("GET /a?api_key=abcdef123456&x=1", f"GET /a?api_key={DOTS}&x=1"),
        ("**Password:** `Tr0ub4dor&3`", f"**Password:** `{DOTS}`"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", f"AWS_SECRET_ACCESS_KEY={DOTS}"),
        ("| token | a1b2c3d4e5 |", f"| token | {DOTS} |"),
        ('{"client_secret": "0a1b2c3d4e5f"}', f'{{"client_secret": "{DOTS}"}}'),
        ("Authorization: Bearer 0123456789abcdef0123", f"Authorization: Bearer {DOTS}"),
        # What escapes a sign in Markdown, and what nobody sees, hides nothing.
        ("sk\\-proj\\-4f9aBcDefGhIjKlMnOp", DOTS),
        ("sk-proj-4f9aBcD\u200befGhIjKl\u00adMnOp", DOTS),
        ("4242 4242 4242 4242", "•••• 4242"),
        ("card 5555-5555-5555-4444, please", "card •••• 4444, please"),
        ("378282246310005", "•••• 0005"),
        ("4242\u00a04242\u00a04242\u00a04242", "•••• 4242"),
        ("DE89 3704 0044 0532 0130 00 is ours", "•••• 3000 is ours"),
        ("gb82west12345698765432", "•••• 5432"),
        ("DE89370400440532013000 and GB82 WEST 1234 5698 7654 32", "•••• 3000 and •••• 5432"),
    ],
)
def test_what_is_masked_leaves_the_rest_as_it_is(text: str, shown: str) -> None:
    assert USUAL.whole(text).text == shown


@pytest.mark.parametrize(
    "text",
    [
        "Refund 29.00 USD to Hazel & Co, INV-1003 (1,480.00 of 1,480.00 left).",
        "4242 4242 4242 4241 is no card, nor is 0000 0000 0000 0000, nor 1795435300.000100.",
        "DE89 3704 0044 0532 0130 01 is no IBAN, and EU27 countries are none either.",
        "The password was reset; the token expires on 2026-10-02. Passwords: see the handbook.",
        "The task-force-on-risk-2 met; scikit: sk-learn-contrib-lightning.",
        "```python\ntoken = os.environ['TOKEN1']\npassword = get_password(user1)\n```",
        "https://example.com:8443/path?page=12&invoice=INV-1003 and http://localhost:8080/@here",
        "fingerprint `4f9a0c2be81d`, commit 0ff1ce0ff1ce0ff1ce0ff1ce0ff1ce0ff1ce0ff1",
        "billing@hazel.example, +49 30 1234567, (555) 123-4567",
    ],
)
def test_what_answers_are_made_of_stays(text: str) -> None:
    assert USUAL.whole(text).text == text
    assert USUAL.whole(text).hidden == ()


def test_data_of_others_is_masked_where_that_is_wished_and_what_the_person_wrote_is_not() -> None:
    masks = Masks(BUILT_IN, domains=("@acme.example", ".acme.example"))
    asked = masks.beside("What does Ana@Hazel.example owe? Call me: 0049 30 1234567")
    said = "ana@hazel.example, bob@hazel.example, us@acme.example, +49 30 7654321, 0049 (30) 1234567"

    shown = asked.whole(said)

    assert shown.text == f"ana@hazel.example, {DOTS}, us@acme.example, {DOTS}, 0049 (30) 1234567"
    assert shown.hidden == ("an email address", "a phone number")
    assert masks.whole("x@notacme.example").text == DOTS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The key is sk-proj-4f9", f"The key is {DOTS}"),
        ("It is postgres://app:s3cr", f"It is {DOTS}"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEow", DOTS),
        ("Card 4242 4242 42", f"Card {DOTS}"),
        ("I have refunded the inv", "I have refunded the inv"),
        ("See https://exam", "See https://exam"),
        ("On github", "On github"),
        ("It is 29.00", "It is 29.00"),
    ],
)
def test_of_a_text_that_was_cut_no_half_of_a_secret_is_shown(text: str, shown: str) -> None:
    assert USUAL.whole(text, cut=True).text == shown


def test_nothing_is_shown_of_a_text_of_which_it_could_not_be_told() -> None:
    slow = Masks((made(Masked.MORE, "odd", r"(?:a+)+b"),))
    stream = MaskedStream(slow)

    assert stream.add("a" * 5_000) + stream.add("a") == ""
    assert stream.is_slow
    assert slow.whole("a" * 5_000).text == NOT_TOLD


def test_what_may_escape_the_next_sign_is_held_back_with_what_is_before_it() -> None:
    stream = MaskedStream(USUAL)

    assert stream.add("It is sk-proj-4f9aBcD\\") == "It is "
    assert stream.add("-efGhIjKlMnOp.") + stream.rest() == f"{DOTS}."
    assert USUAL.whole("It is sk-proj-4f9aBcD\\", cut=True).text == f"It is {DOTS}"


@pytest.mark.parametrize("text", ["abcdx", "abcde", "abcdabcde"])
def test_matches_that_overlap_are_masked_as_one_whatever_the_pieces(text: str) -> None:
    masks = Masks((made(Masked.MORE, "one", "abc"), made(Masked.MORE, "two", "bcde")))
    stream = MaskedStream(masks)

    assert "".join((*map(stream.add, text), stream.rest())) == masks.whole(text).text


_KEY = st.text(string.ascii_letters + string.digits, min_size=24, max_size=40).map(lambda more: f"sk-0{more}")


def test_all_that_patterns_of_settings_look_for_in_a_text_has_one_budget_of_time() -> None:
    one = made(Masked.MORE, "more", "x")
    half, none = Budget(60, thread_time() - 30), Budget(60, thread_time() - 60)

    assert (half.of(one) or 0) <= 30
    assert half.of(BUILT_IN[0]) is None
    with pytest.raises(TimeoutError):
        none.of(one)
    assert Masks((one,)).whole("x", patience=0).text == NOT_TOLD


_TOKEN = st.text(string.ascii_letters + string.digits, min_size=30, max_size=50).map("ghp_{}".format)
#: No plain text here has its first letters.
_PASSWORD = st.text(string.ascii_letters + string.digits + "!$%@", min_size=6, max_size=18).map("Zq{}".format)
_DIGITS = st.text(string.digits, min_size=14, max_size=14).map(lambda more: f"4{more}")
_CARDS = _DIGITS.map(lambda digits: digits + luhn.calc_check_digit(digits))
_IBANS = st.sampled_from(["DE89370400440532013000", "GB82WEST12345698765432", "NL91ABNA0417164300"])


def _in_fours(text: str) -> str:
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


#: What is secret, and how it is written.
WRITTEN = st.one_of(
    *(one.map(lambda secret: (secret, secret)) for one in (_KEY, _TOKEN, _CARDS, _IBANS, st.just(PEM))),
    *(one.map(lambda secret: (_in_fours(secret), _in_fours(secret))) for one in (_CARDS, _IBANS)),
    _PASSWORD.map(lambda word: (word, f"https://app:{word}@db.example/x")),
    _KEY.map(lambda key: (key.replace("-", "\\-"), key.replace("-", "\\-"))),
)
BEFORE = st.sampled_from([" ", "\n", " (", " `", " **", '"', ": ", " \\", "| "])
BEHIND = st.sampled_from([" ", "\n", ") ", "` ", "** ", ", ", ". ", " |", '"'])
PLAIN = st.one_of(
    st.text("abC sk-:/@.0123 \\\n`*•", max_size=12),
    st.sampled_from(
        ["password: ", "https://", "ghp_", "AKIA", "-----BEGIN ", "Bearer ", "4242 4242 ", "DE89 "]
    ),
)


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text, and the secrets in it, each apart from what is around it."""
    text, secrets = "", []
    for _ in range(draw(st.integers(1, 4))):
        secret, written = draw(WRITTEN)
        text += f"{draw(PLAIN)}x{draw(BEFORE)}{written}{draw(BEHIND)}x "
        secrets.append(secret)
    return text, secrets


MORE = [
    made(Masked.MORE, "more", pattern)
    for pattern in (r"CUST-\d{3,6}", r"ab(?:C sk)?", r"x(?=\n\n)", r"0+$", r"(?i)\bsk\b", r"@.*:|a")
]


@given(st.sampled_from([USUAL, ALL, Masks((*BUILT_IN, *MORE))]), answers(), st.data())
def test_no_edit_shows_a_secret_and_each_is_the_beginning_of_the_next(
    masks: Masks, answer: tuple[str, list[str]], data: st.DataObject
) -> None:
    text, secrets = answer
    whole = masks.whole(text).text
    assert all(secret not in whole for secret in secrets)
    stream, shown, at = MaskedStream(masks), "", 0
    while at < len(text):
        end = at + data.draw(st.integers(1, 20))
        shown += stream.add(text[at:end])
        at = end
        assert whole.startswith(shown)

    assert shown + stream.rest() == whole


@given(st.text("abC sk-:/@.0123 \\\n`*•=|ghp_AKI", max_size=200), st.data())
def test_whatever_is_written_its_pieces_come_to_the_same(text: str, data: st.DataObject) -> None:
    masks = Masks((*BUILT_IN, *MORE))
    stream, shown, at = MaskedStream(masks), "", 0
    while at < len(text):
        end = at + data.draw(st.integers(1, 9))
        shown += stream.add(text[at:end])
        at = end

    assert shown + stream.rest() == masks.whole(text).text
