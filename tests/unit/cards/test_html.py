"""Cards as pages: whatever a field says, nothing of it runs and nothing is loaded."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from tests.cards import CARDS, HOLDOUT, a_card, a_whole_card

from modelkeep.domains.cards.service.formats.html import card_html, safe_markdown

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "![x](https://evil.example/track.png)",
    "![x](javascript:alert(1))",
    '<https://evil.example/"onmouseover=alert(1)>',
    '[x](https://a.example "onmouseover=alert(1) x=")',
    "<iframe src=https://evil.example></iframe>",
    "<a href=javascript:alert(1)>x</a>",
    "<style>@import 'https://evil.example'</style>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "</td></table></body></html><script>alert(1)</script>",
    "<form action=https://evil.example><input>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><script>alert(1)</script>-->",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    "[x]: javascript:alert(1)\n\n[x]",
    "//evil.example",
    "[x](//evil.example)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202eevil\u202c",
    '"><script>alert(1)</script>',
]
ALLOWED = {
    *(
        "html",
        "meta",
        "title",
        "style",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "br",
        "hr",
        "em",
        "strong",
        "s",
        "del",
    ),
    *("code", "pre", "blockquote", "ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td"),
    *("figure", "figcaption", "img"),
}


class Page(HTMLParser):
    """What a browser would make of a page: each tag must be one that is harmless."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        assert tag in ALLOWED, tag
        for name, value in attrs:
            self._check(tag, name, value or "")

    def _check(self, tag: str, name: str, value: str) -> None:
        if tag == "a":
            assert name in ("href", "title", "rel"), name
            if name == "href":
                assert value.startswith(("http://", "https://", "mailto:")), value
            if name == "rel":
                assert "nofollow" in value
        elif tag == "img":
            assert name == "alt" or (name == "src" and value == "attachments/plot.png"), value
        elif tag == "meta":
            assert value in ("utf-8", "viewport", "width=device-width")
        else:
            assert (tag, name) in (("html", "lang"), ("ol", "start")), (tag, name)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def shown(card: Any) -> str:  # noqa: ANN401 - JSON
    page = card_html(card, "fraud/scorer:1.0.0", lambda digest: "attachments/plot.png" if digest == HOLDOUT else None)
    parser = Page()
    parser.feed(page)
    parser.close()
    assert parser.found[:5] == ["html", "meta", "meta", "title", "style"]
    assert parser.found.count("style") == parser.found.count("html") == 1
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page)
    return page


def filled(value: Any, text: str) -> Any:  # noqa: ANN401 - JSON
    """Return a document with a payload in the place of every text, and of the names below `extra`."""
    if isinstance(value, dict):
        kept = ("digest", "kind", "schema_version")
        return {name: item if name in kept else filled(item, text) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, text) for item in value]
    return text if isinstance(value, str) else value


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_in_any_field_does_anything(payload: str) -> None:
    card = filled(a_whole_card(), payload)
    card["extra"] = {payload: {payload: [payload, {payload: payload}]}}
    card["training"]["hyperparameters"] = {payload: payload}
    card["evaluations"][0]["metrics"][1]["slice"] = {payload: payload}
    shown(card)


@given(CARDS)
@settings(max_examples=30)
def test_no_text_does_anything(card: Any) -> None:  # noqa: ANN401 - JSON
    shown(card)


def test_a_page_shows_every_section_and_the_pictures_that_are_attached() -> None:
    page = shown(a_whole_card())
    for text in ("Uses", "Credit decisions", "Confusion", "18-25", "cost centre", "4711", "b: ", "Amount matters most"):
        assert text.lower() in page.lower(), text
    assert '<img src="attachments/plot.png" alt="Amount matters most">' in page
    assert "<strong>card payments</strong>" in page


def test_a_picture_that_is_not_attached_is_told_by_its_text() -> None:
    page = card_html(a_whole_card(), "x", lambda _: None)
    assert "<img" not in page
    assert "Amount matters most (the picture is not attached)" in page


def test_links_say_nofollow_and_pictures_of_elsewhere_are_left_out() -> None:
    assert safe_markdown("[x](https://a.example)") == (
        '<p><a href="https://a.example" rel="nofollow noopener noreferrer">x</a></p>\n'
    )
    assert "<img" not in safe_markdown("![x](https://a.example/p.png)")


def test_deep_nesting_ends() -> None:
    shown(a_card(limitations=[">" * 4000, "- " * 2000, "[" * 4000, "*" * 4000, "`" * 4000]))
