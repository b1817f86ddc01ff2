"""A card as a page of HTML that is safe to show: nothing of it runs, and nothing is loaded from elsewhere."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Any, Final

from modelkeep.domains.cards.domain.outline import Block, Heading, Items, Picture, Prose, Table, outline
from modelkeep.domains.cards.domain.schema import Document

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;display:block;overflow:auto}"
    "td,th{border:1px solid #8888;padding:.2em .6em;text-align:left;vertical-align:top}"
    "h1,h2,h3,p,li,td{overflow-wrap:anywhere}li p{margin:.2em 0}img{max-width:100%}pre{overflow:auto}"
)
PAGE_POLICY: Final = (
    "sandbox; default-src 'none'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"
)
"""The Content-Security-Policy that a page of a card is served with."""

_TEXT_TAGS: Final = ("p", "br", "hr", "em", "strong", "s", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a")
_TABLE_TAGS: Final = ("table", "thead", "tbody", "tr", "th", "td")
_TAGS: Final = frozenset((*_TEXT_TAGS, *_TABLE_TAGS, "h1", "h2", "h3", "h4", "h5", "h6"))
_ATTRIBUTES: Final[dict[str, set[str]]] = {"a": {"href", "title"}, "ol": {"start"}}
_STEERING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SCHEMES: Final = frozenset({"http", "https", "mailto"})


def card_html(card: Document, title: str, picture: Callable[[str], str | None]) -> str:
    """Return a page that shows a card.

    Texts are read as Markdown without HTML, and what comes of them goes through a sanitizer; links say `nofollow`;
    pictures of elsewhere are left out. `picture` gives the address of an attachment by its digest, or None.
    """
    body = "\n".join(_block(block, picture) for block in outline(card))
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n<h1>{_text(title)}</h1>\n{body}\n</html>\n"
    )


def safe_markdown(text: str) -> str:
    """Return a text in Markdown as HTML that is safe inside any page."""
    import nh3  # noqa: PLC0415 - only who shows a card needs it

    rendered = _markdown().render(_printable(text))
    return nh3.clean(
        rendered,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        url_schemes=set(_SCHEMES),
        url_relative="deny",
        link_rel="nofollow noopener noreferrer",
        strip_comments=True,
    )


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - as above

    return (
        MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"]).disable("image")
    )


def _block(block: Block, picture: Callable[[str], str | None]) -> str:
    match block:
        case Heading(level, text):
            return f"<h{level}>{_text(text)}</h{level}>"
        case Prose(text):
            return safe_markdown(text)
        case Items(texts):
            return f"<ul>{''.join(f'<li>{safe_markdown(text)}</li>' for text in texts)}</ul>"
        case Table(titles, rows):
            head = _row("th", titles)
            return f"<table><thead>{head}</thead><tbody>{''.join(_row('td', row) for row in rows)}</tbody></table>"
        case Picture(digest, title, alt):
            return _picture(picture(digest), title, alt)


def _picture(address: str | None, title: str, alt: str) -> str:
    if address is None:
        return f"<p>{_text(title)}: {_text(alt)} (the picture is not attached)</p>"
    shown = f'<img src="{escape(address)}" alt="{escape(_printable(alt))}">'
    return f"<figure>{shown}<figcaption>{_text(title)}</figcaption></figure>"


def _row(cell: str, texts: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{cell}>{_text(text)}</{cell}>' for text in texts)}</tr>"


def _text(value: Any) -> str:  # noqa: ANN401 - whatever is shown
    return escape(_printable(str(value)))


def _printable(text: str) -> str:
    """Return text without control characters, and without those that turn the direction of what follows."""
    return _STEERING.sub("\ufffd", text)
