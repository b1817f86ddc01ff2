"""A card as Markdown: the body of a README."""

import re
from collections.abc import Iterable
from typing import Final

from modelkeep.domains.cards.domain.outline import Block, Heading, Items, Picture, Prose, Table, outline
from modelkeep.domains.cards.domain.schema import Document

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def card_markdown(card: Document) -> str:
    """Return a card as Markdown; texts stand as they were written, all else is escaped."""
    return "\n\n".join(_block(block) for block in outline(card))


def _block(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {_plain(text)}"
        case Prose(text):
            return text.strip()
        case Items(texts):
            return "\n".join("- " + "\n  ".join(text.strip().splitlines()) for text in texts)
        case Table(titles, rows):
            return "\n".join((_row(titles), _row("---" for _ in titles), *map(_row, rows)))
        case Picture(digest, title, alt):
            return f"{_plain(title)}: {_plain(alt)} ({_plain(digest)})"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell if cell == '---' else _plain(cell) for cell in cells)} |"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
