"""What is masked in a model's answers, as patterns. Pure.

Prefixes of keys are those that their issuers publish, which detect-secrets and gitleaks look for as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import regex
from stdnum import iban, luhn

#: Stands for what is masked: no markup in Slack, in Markdown or in code.
DOTS: Final = "••••••"


class Masked(StrEnum):
    """What can be masked; `MORE` is what a setting names."""

    SECRETS = "secrets"
    CARDS = "cards"
    IBANS = "ibans"
    EMAILS = "emails"
    PHONES = "phones"
    MORE = "more"


#: What is data of people: not masked where they wrote it themselves, or where it is of the workspace's own.
PERSONAL: Final = frozenset({Masked.EMAILS, Masked.PHONES})


@dataclass(frozen=True, slots=True)
class Found:
    """A match: from where to where it is masked, and what stands for it."""

    start: int
    end: int
    instead: str = DOTS


#: Judges a match, at its place in the text; None for what only looks like one.
Check = Callable[[Any], Found | None]


@dataclass(frozen=True, slots=True)
class MaskPattern:
    """A pattern of a kind. `begun` tells of the beginning of a match whether there is something to hide in it yet."""

    kind: Masked
    name: str
    matches: regex.Pattern[str]
    #: The same, which never matches: its partial match is the earliest place from which on more text may alter something.
    opens: regex.Pattern[str]
    check: Check
    begun: regex.Pattern[str]


def made(
    kind: Masked, name: str, pattern: str, check: Check | None = None, *, begun: str = ""
) -> MaskPattern:
    """Compile a pattern. Raises `regex.error`."""
    return MaskPattern(
        kind,
        name,
        regex.compile(pattern),
        regex.compile(f"(?:{pattern})(?!)"),
        check or _whole,
        regex.compile(begun or r".{4}", regex.DOTALL),
    )


def _whole(match: Any) -> Found | None:
    start, end = match.span("v") if "v" in match.re.groupindex else match.span()
    return Found(start, end) if start < end else None


def _with_digit(match: Any) -> Found | None:
    """Of words such as "bearer" and "token" only what does not look like one more word."""
    found = _whole(match)
    said = match.group("v")
    return found if any(sign.isdigit() for sign in said) and any(map(str.isalpha, said)) else None


def _card(match: Any) -> Found | None:
    digits = "".join(sign for sign in match.group() if sign.isdigit())
    if not digits.isascii() or not luhn.is_valid(digits) or len(set(digits)) == 1:
        return None
    start, end = match.span()
    return Found(start, end, f"•••• {digits[-4:]}")


def _iban(match: Any) -> Found | None:
    """Where what looks like an IBAN goes on with words, the part of it that is one."""
    text = match.group()
    for end in range(len(text), 14, -1):
        apart = end == len(text) or not (text[end - 1].isalnum() and text[end].isalnum())
        signs = "".join(sign for sign in text[:end] if sign.isalnum())
        if apart and text[end - 1].isalnum() and iban.is_valid(signs, check_country=False):
            return Found(match.start(), match.start() + end, f"•••• {signs[-4:]}")
    return None


def _phone(match: Any) -> Found | None:
    digits = sum(sign.isdigit() for sign in match.group())
    return Found(*match.span()) if 9 <= digits <= 15 else None


_ISSUED: Final = (
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",  # AWS
    r"gh[pousr]_[A-Za-z0-9]{20,}+|github_pat_[A-Za-z0-9_]{20,}+",
    r"glpat-[A-Za-z0-9_-]{20,}+|glsa_[A-Za-z0-9_]{20,}+",  # GitLab, Grafana
    r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}+|xapp-[A-Za-z0-9-]{10,}+",  # Slack
    r"sk-(?=[A-Za-z_-]*+[0-9])[A-Za-z0-9_-]{16,}+",  # OpenAI, Anthropic, DeepSeek
    r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,}+|whsec_[A-Za-z0-9+/=]{16,}+",  # Stripe
    r"AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}+|GOCSPX-[A-Za-z0-9_-]{20,}+",  # Google
    r"SG\.[A-Za-z0-9_-]{16,}+\.[A-Za-z0-9_-]{16,}+",  # SendGrid
    r"npm_[A-Za-z0-9]{30,}+|pypi-[A-Za-z0-9_-]{40,}+|hf_[A-Za-z0-9]{30,}+",
    r"dop_v1_[a-f0-9]{40,}+|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",  # DigitalOcean, Shopify
    r"eyJ[A-Za-z0-9_-]{8,}+\.eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+",  # JSON Web Tokens
    r"https://hooks\.slack\.com/[a-z]{4,20}/[A-Za-z0-9/_-]{20,}+",
)
_KEYS: Final = "|".join(_ISSUED)
_PRIVATE_KEY: Final = (
    r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]++|-(?!----END))*+(?:-----END [A-Z0-9 ]{1,80}-----)?"
)
_CALLED: Final = (
    r"(?:pass(?:word|wd|phrase|code)|pwd|secret|token|credential|client[_ -]?secret"
    r"|(?:api|access|secret|private|state|encryption|signing|shared|account)[_ -]?key)s?"
)
_ASSIGNED: Final = (
    rf"(?i)(?<![a-z?&]){_CALLED}[ \t\"'`*_]{{0,6}}(?:[:=|]|=>)[\s\"'`*_]{{0,8}}"
    r"(?!https?:)(?<v>[^\s\"'`*|,;<>()\[\]{}•]{8,}+)"
)
_BEARER: Final = (
    r"(?i)(?<![a-z])(?:bearer|authorization:[ \t]{0,3}basic)[ \t]{1,3}(?<v>[A-Za-z0-9._~+/-]{16,}+=*+)"
)
_IN_URL: Final = (
    r"(?i)(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,30}://[^\s/:@\"'`<>]{0,100}:(?<v>[^\s/\"'`<>]{1,200})(?=@)"
)
_IN_QUERY: Final = (
    r"(?i)[?&](?:[a-z-]{0,30}(?:token|signature|credential|secret|password)|sig|api[_-]?key|key)="
    r"(?<v>[^\s&#\"'`<>()\[\]]{8,}+)"
)
_GAP: Final = r"[ \u00a0\u202f.\u2010\u2011-]"
_CARD: Final = (
    r"(?<![\w.])(?:"
    rf"(?:4\d|5[1-5]|2[2-7]|3[0568]|6[0-9])\d{{2}}(?<g>{_GAP}?)\d{{4}}\g<g>\d{{4}}\g<g>\d{{1,7}}"
    rf"|3[47]\d{{2}}(?<h>{_GAP}?)\d{{6}}\g<h>\d{{5}}"
    r")(?![\w]|[.,]\d)"
)
_IBAN: Final = r"(?i)(?<![a-z0-9])[a-z]{2}\d{2}(?:[ \u00a0\u202f-]?[a-z0-9]){11,30}(?![a-z0-9])"
_EMAIL: Final = r"(?<![\w.+-])[\w.+-]{1,64}+@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])"
_PHONE: Final = (
    r"(?<![\w.,-])(?:(?:\+|00)[1-9]\d{0,2}(?:[ ().\u00a0/-]{0,3}\d){6,13}"
    r"|\(\d{3}\)[ ]?\d{3}[ -]\d{4}|\d{3}-\d{3}-\d{4}"
    r"|0\d{1,4}[ /-]\d{3,4}(?:[ -]?\d{2,4}){1,2})(?![\w]|[.,-]\d)"
)

#: What is looked for unless settings say otherwise, and what they may add.
BUILT_IN: Final = (
    made(
        Masked.SECRETS,
        "a secret",
        rf"(?<![A-Za-z0-9])(?:{_KEYS})",
        begun=r"(?!https)(?:[A-Za-z]*[-_.\d].|A[A-Z]{3}..|AIza.|eyJ..)|https://hooks\.slack\.com/\w+/.",
    ),
    made(Masked.SECRETS, "a secret", _PRIVATE_KEY, begun="-----BEGIN .*PRIVATE"),
    made(Masked.SECRETS, "a secret", _ASSIGNED, _with_digit, begun=r".*[:=|].*\w"),
    made(Masked.SECRETS, "a secret", _BEARER, _with_digit, begun=r".*\s\w"),
    made(Masked.SECRETS, "a secret", _IN_URL, begun=".*://[^:]*:."),
    made(Masked.SECRETS, "a secret", _IN_QUERY, begun=".*=."),
    made(Masked.CARDS, "a card number", _CARD, _card, begun=r"(?:\d\D?){7}"),
    made(Masked.IBANS, "an IBAN", _IBAN, _iban, begun=r"..\d\d\D?\w\w"),
    made(Masked.EMAILS, "an email address", _EMAIL, begun=".*@"),
    made(Masked.PHONES, "a phone number", _PHONE, _phone, begun=r"(?:\D{0,3}\d){5}"),
)
