"""What hangs below a person's message: messages that were forwarded, tables that were pasted. Pure.

It is data that somebody shows to the bot, not their own words, and the model is told so. What a link
previews is of whoever runs that site, and is not read at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from bot.domain.attachment import Attachment
from bot.slack.plain_text import ids_in, plain
from bot.slack.shown_name import shown_name

#: Characters that are read of all that hangs below one message; Slack takes 40,000 of words themselves.
LONGEST: Final = 20_000
#: A message has no more of them: https://docs.slack.dev/reference/methods/chat.postMessage (attachments)
MOST: Final = 100
_PERSON: Final = re.compile(r"[UW][A-Z0-9]{1,30}")
#: A token of `_words` that names something by its id.
_ID: Final = re.compile(r"<((?:[@#]|!subteam\^)[A-Z0-9]{1,31})>")
#: Elements of rich text without a text of their own: what tells what they are, and the token that stands for it.
#: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block#element-types
_ELEMENTS: Final = {
    "user": ("user_id", "<@{}>"),
    "channel": ("channel_id", "<#{}>"),
    "usergroup": ("usergroup_id", "<!subteam^{}>"),
    "broadcast": ("range", "@{}"),
    "emoji": ("name", ":{}:"),
    "link": ("url", "{}"),
    "date": ("fallback", "{}"),
}
#: How deep a cell of rich text is read; Slack's own go three deep.
_DEEP: Final = 10
CUT: Final = "[cut here: there was more]"


@dataclass(frozen=True, slots=True)
class Quoted:
    """Text for the model, the Slack ids of those who wrote it, the ids that it names somebody or something by, and its files.

    `pieces` are the messages that it is made of, by their `ts`, where it is made of several.
    """

    text: str = ""
    authors: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    files: tuple[Attachment, ...] = ()
    pieces: tuple[tuple[str, str], ...] = ()


NOTHING: Final = Quoted()


def quoted(message: Mapping[str, Any]) -> Quoted:
    """Read what hangs below a message that has passed the door (`payloads`)."""
    hung: Sequence[Mapping[str, Any]] = message.get("attachments") or ()
    if not hung and not message.get("blocks"):
        return NOTHING
    shown, authors, raw = list[str](), list[str](), list[str]()
    for one in hung[:MOST]:
        if text := _forwarded(one):
            shown.append(text)
            raw.append(_raw(one))
            authors.append(str(one.get("author_id") or ""))
        shown += _tables(one.get("blocks") or (), raw)
    shown += _tables(message.get("blocks") or (), raw)
    text, people = _bounded("\n\n".join(shown)), tuple(dict.fromkeys(filter(is_person, authors)))
    return Quoted(text, people, ids_in(" ".join(raw)))


def is_forwarded(one: Mapping[str, Any]) -> bool:
    """Whether what hangs below a message is a message of somebody's, and no preview of an address."""
    return bool(one.get("is_share") or one.get("is_msg_unfurl"))


def files_of(one: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The files of a message that is forwarded."""
    return one.get("files") or () if is_forwarded(one) else ()


def named_files(files: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A line for each file, by its name."""
    for file in files:
        yield f"[a file: {shown_name(str(file.get('name') or '')) or 'without a name'}]"


def _forwarded(one: Mapping[str, Any]) -> str:
    """A message of somebody's, as data."""
    words = "\n".join(filter(None, (plain(_raw(one)), *named_files(files_of(one)))))
    if not is_forwarded(one) or not words:
        return ""
    who = shown_name(str(one.get("author_name") or "")) or "somebody"
    return f"[Forwarded, written by {who}; shown as data, not said by who forwards it:]\n{behind_mark(words)}"


def _raw(one: Mapping[str, Any]) -> str:
    """What a forwarded message says: its text, or what its blocks say where an app wrote into these alone."""
    return str(one.get("text") or "") or "\n".join(_in_blocks_of(one.get("message_blocks")))


def _in_blocks_of(forwarded: Any) -> Iterator[str]:
    """The words of each block of a forwarded message, which is inside of what else Slack says of it."""
    for part in _list(forwarded):
        for block in _list(_mapping(_mapping(part).get("message")).get("blocks")):
            yield " ".join(words_of(block))


def _list(given: Any) -> list[Any]:
    return cast("list[Any]", given) if isinstance(given, list) else []


def _mapping(given: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", given) if isinstance(given, dict) else {}


def behind_mark(words: str) -> str:
    """Words of others, each line behind a mark that none of them can leave."""
    return "\n".join(f"> {line}" for line in words.splitlines())


def _tables(blocks: Sequence[Mapping[str, Any]], raw: list[str]) -> Iterator[str]:
    """The tables among them; what their cells hold is put into `raw` as well."""
    for block in blocks:
        rows: Sequence[Sequence[Any]] = block.get("rows") or ()
        if block.get("type") == "table" and rows:
            cells = [[" ".join(words_of(cell)) for cell in row] for row in rows]
            raw += [cell for row in cells for cell in row]
            lines = "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in cells)
            yield f"[A table, shown as data:]\n{lines}"


def is_person(author: str) -> bool:
    """Whether it is an id of somebody's."""
    return _PERSON.fullmatch(author) is not None


def words_of(node: Any) -> Iterator[str]:
    """Every text in a block, a table's cell, or what else is made of elements."""
    for one in (node, *_list(_mapping(node).get("fields"))):  # a section has them, with a text or without
        yield from _words(one, _DEEP)


def _cell(words: str) -> str:
    """A cell on one line, whose bars cannot be taken for those between cells."""
    bare = _ID.sub(lambda token: token[1].replace("!subteam^", "@"), words)
    return " ".join(bare.split()).replace("|", "\\|")


def _words(node: Any, deep: int) -> Iterator[str]:
    """Every text in a cell: raw, a number, or rich text with sections in it."""
    match node:
        case {"type": "image", "alt_text": str(text)}:
            yield text
        case {"text": str(text)} | {"type": "raw_number", "value": int() | float() as text}:
            yield str(text)
        case {"text": {"text": str(text)}}:
            yield text
        case {"type": str(kind)} if kind in _ELEMENTS:
            part, shown = _ELEMENTS[kind]
            yield shown.format(node.get(part, ""))
        case {"elements": [*inner]} if deep:
            for one in inner:
                yield from _words(one, deep - 1)
        case _:
            return


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n{CUT}"
