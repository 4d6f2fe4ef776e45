"""Readers of Markdown that are not the bot's: what do they take for a link, and does it say where it goes?

mistune shares no code and no ancestor with markdown-it: it is made of regular expressions where that is
a port of a hand-written scanner. The second reader is cruder than any: a label, a target up to the first
bracket or space, wherever they stand, be it in code.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import mistune
from markdown_it import MarkdownIt
from markdown_it.token import Token

PLUGINS = ["table", "strikethrough", "task_lists", "footnotes", "def_list", "url", "superscript", "mark"]
MISTUNE = mistune.create_markdown(renderer=None, plugins=PLUGINS, escape=True)
MARKDOWN_IT = MarkdownIt("commonmark").enable(["table", "strikethrough"])
CRUDE = re.compile(r"(!?)\[([^\[\]]*)\]\(\s*(?:&lt;|<)?((?:[a-zA-Z][a-zA-Z0-9+.-]*:|//)[^\s)]*)")
HTML = re.compile(r"<[a-z/][^<>]*(?:href|src)\s*=", re.IGNORECASE)
TURNED = re.compile("[\u202a-\u202e\u2066-\u2069]")
#: What Slack acts on, wherever it stands in a text: in a link's address there is no blank, and something leads out.
LIVE = re.compile(
    r"<(?:[@#]|!(?:here|channel|everyone|group|subteam|date)"
    r"|[ \t]*[^\s<>|]*(?:://|[.:/\\][^\s<>|]*\|))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link as one reader sees it; `kind` is "link", "image" or "html"."""

    kind: str
    label: str
    target: str

    @property
    def is_honest(self) -> bool:
        """Whether the label is the target, or ends by naming its host, or all of it where it has none."""
        if self.kind != "link" or TURNED.search(self.label):
            return False
        label, target = _same(self.label), _same(self.target)
        if label in {target, target.removeprefix("https://"), target.removeprefix("http://")}:
            return True
        if target in {"", "mailto:" + label}:  # linked by the reader itself, because it looks like it
            return True
        return label.endswith((f"({target})", f"({_host(target)})")) and bool(_host(target) or target)


def found(text: str) -> Iterator[Link]:
    """Every link that any reader takes a text to hold."""
    yield from _mistune(MISTUNE(text))
    yield from _commonmark(text)
    for image, label, target in CRUDE.findall(text):
        yield Link("image" if image else "link", label, target)


def hidden(text: str) -> list[str]:
    """What is wrong with a text that is to be shown."""
    wrong = [repr(link) for link in found(text) if not link.is_honest]
    return wrong + [f"live: {token}" for token in LIVE.findall(text)]


def _mistune(nodes: Any) -> Iterator[Link]:
    for node in nodes:
        kind, attrs, children = node["type"], node.get("attrs", {}), node.get("children", [])
        if kind in {"link", "image"}:
            yield Link(kind, _words(children), attrs["url"])
        if kind in {"inline_html", "block_html"} and HTML.search(node["raw"]):
            yield Link("html", "", node["raw"])
        if isinstance(children, list):
            yield from _mistune(children)


def _words(nodes: Any) -> str:
    if isinstance(nodes, str):
        return nodes
    return "".join(node.get("raw") or _words(node.get("children", [])) or "\n" for node in nodes)


def _commonmark(text: str) -> Iterator[Link]:
    for block in MARKDOWN_IT.parse(text):
        yield from _inline(block.children or [])
        if block.type == "html_block" and HTML.search(block.content):
            yield Link("html", "", block.content)


def _inline(tokens: list[Token]) -> Iterator[Link]:
    target, label = "", ""
    for token in tokens:
        if token.type == "link_open":
            target, label = str(token.attrs["href"]), ""
        elif token.type == "link_close":
            yield Link("link", label, target)
        elif token.type == "image":
            yield Link("image", token.content, str(token.attrs["src"]))
        elif token.type == "html_inline" and HTML.search(token.content):
            yield Link("html", "", token.content)
        label += token.content or ("\n" if token.type.endswith("break") else "")


def _host(target: str) -> str:
    """The host a browser would go to: it takes `\\` for `/`, and looks an international name up in ASCII."""
    try:
        url = urlsplit(target.replace("\\", "/"))
        host = url.hostname or ""
        return host if host.isascii() else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        return ""


def _same(text: str) -> str:
    """One form of what different readers escape differently."""
    text = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", html.unescape(unquote(text)))
    return "".join(text.split()).casefold()
