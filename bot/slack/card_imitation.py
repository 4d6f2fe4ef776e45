"""Does a model's text look like a card? Pure.

A text cannot make a button, but it can draw one, and say "Approval needed" above it. The rule is
plain, so that it can be explained: a text is marked where one of its lines, or a cell of a table,
begins as a line of a card does, or where it lists what cards have on their buttons.
"""

from __future__ import annotations

import html
import re
import string
import unicodedata
from typing import Final

#: How a card's own lines begin (`cards`, `forms`), as letters and digits alone. What is as common
#: elsewhere ("Done", "Reason") is not here.
_BEGINNINGS: Final = (
    *("approvalneeded", "approvalrequired", "didthishappen", "highstakes", "whyitisasked", "fingerprint"),
    *("whocandecide", "whocoulddecide", "requestedby", "decideby", "stillneeded", "sha256of"),
    *("approvedby", "rejectedby", "changedby", "ithappenedsays", "itdidnothappensays", "tobetriedagainsays"),
    *(
        "approvedfortherestoftherun",
        "approvedbefore",
        "approveandupto",
        "expirednobody",
        "nobodyknowswhether",
    ),
)
#: The same, wherever lines are broken.
_BEGINS: Final = re.compile("^(?:" + "|".join("\n?".join(one) for one in _BEGINNINGS) + ")", re.MULTILINE)
#: The states in a card's headline, which a colon follows.
_STATES: Final = re.compile(
    r"^[^\w\n]*(?:approved(?:, not done)?|rejected|expired|withdrawn|answered|not asked for|done before)[^\w\n]{0,5}:",
    re.MULTILINE,
)
_BUTTONS: Final = frozenset(
    {
        *("approve", "approve for the rest of this run", "reject", "edit", "show everything"),
        *("it happened", "it did not happen", "try again", "deny", "decline"),
    }
)
_CELLS: Final = re.compile(r"[\r|\u2028\u2029\x0b\x0c]|<br\b", re.IGNORECASE)
#: What stands around a drawn button: an emoji's name, where a link goes.
_BESIDE: Final = re.compile(r":[a-z0-9_+'-]+:|(?<=\])\([^()\n]*\)|\([^()\s]*[.:/][^()\n]*\)|https?://\S*")
_EMOJI: Final = re.compile(r"^(?:[^\w\n]*:[a-z0-9_+'-]+:)+", re.MULTILINE)
_APART: Final = re.compile(r"[^\w ]+|_+| {2,}")
_NO_LETTER: Final = re.compile(r"[^\w\n]|_")
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]")
#: The lines that could be a list of buttons; such a list is short.
_SHORT: Final = re.compile(r"^[^\n]{0,200}$", re.MULTILINE)
_ANY_BUTTON: Final = re.compile("|".join(sorted(_BUTTONS)))
#: Unicode categories that add nothing of their own: marks and formats.
_UNSEEN: Final = frozenset({"Mn", "Me", "Cf"})
#: Letters of other scripts that look like Latin ones, of those in `_BEGINNINGS` and `_BUTTONS`; letters that are
#: drawn small, white on black, or as flags. https://www.unicode.org/reports/tr39/#Confusable_Detection
_LOOKALIKES: Final = {
    **str.maketrans("аеорсухіѕјԁһԛԝпгтвнкмαορτυνικηωɑɡıℓ", "aeopcyxisjdhqwnrtbhkmaoptuvikhwagil"),
    **str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz"),
    **{
        first + place: letter
        for first in (0x1F150, 0x1F170, 0x1F1E6)
        for place, letter in enumerate(string.ascii_lowercase)
    },
}


def imitates(text: str) -> bool:
    """Tell whether a reader could take a text for a card."""
    seen = _CELLS.sub("\n", _seen(text))
    if _STATES.search(_EMOJI.sub("", seen)):
        return True
    apart = _BESIDE.sub("  ", seen)
    if _BEGINS.search(re.sub("\n+", "\n", _NO_LETTER.sub("", apart))):
        return True
    return sum(_drawn_buttons(line[0]) for line in _SHORT.finditer(apart) if _ANY_BUTTON.search(line[0])) > 1


def _drawn_buttons(line: str) -> int:
    """Count the buttons of a line that holds nothing else; one in brackets counts for two."""
    around = line.strip(" \t#>*_~`-")
    names = [name for part in _APART.split(line) if (name := " ".join(part.split()))]
    if not names or not _BUTTONS.issuperset(names):
        return 0
    return 2 if around[:1] in {"[", "(", "<", "{", "【", "「"} else len(names)


def _seen(text: str) -> str:
    """A text as it looks: entities read, what is invisible left out, lookalikes made Latin."""
    text = unicodedata.normalize("NFKD", html.unescape(text)).casefold().translate(_LOOKALIKES)
    return _FOREIGN.sub(lambda found: "" if unicodedata.category(found[0]) in _UNSEEN else found[0], text)
