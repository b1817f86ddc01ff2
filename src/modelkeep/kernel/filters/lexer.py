"""From the text of a filter to tokens, one at a time, so that the first mistake in the text is the one reported."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.excerpts import point_at, printable
from modelkeep.kernel.filters.tree import Operator

KEYWORDS: Final = frozenset({"and", "or", "not", "in", "exists"})

_SYMBOLS: Final = frozenset(operator.value for operator in Operator) - {"in", "not in", "exists"}
_MEANT: Final = {
    "==": "=",
    "===": "=",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
    "=~": "~",
    "~=": "~",
    "~~": "~",
    "&": "and",
    "&&": "and",
    "|": "or",
    "||": "or",
    "!": "not",
}
_PUNCTUATION: Final = {"(": "open", ")": "close", ",": "comma"}
_SYMBOL_RUN: Final = re.compile(r"[=!<>~&|]+")
_WORD_RUN: Final = re.compile(r"[A-Za-z0-9_.+:/*?-]+")
_WORD: Final = re.compile(r"[A-Za-z0-9_*?][A-Za-z0-9_.+:/*?-]*")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_FOREIGN_QUOTES: Final = "`\u00ab\u00b4\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f"
_LONGEST_SHOWN: Final = 24


class FilterSyntaxError(InvalidValueError):
    """A filter or an order does not follow the grammar; `details["position"]` is where, 0-based."""

    code = "kernel.filter_syntax"

    @classmethod
    def at(cls, text: str, position: int, problem: str) -> Self:
        """Return the error that states the problem and shows the place, a 0-based offset into the text."""
        message = f"{problem}, at character {position + 1}:\n{point_at(text, position)}"
        return cls(message, position=position)


class TokenKind(StrEnum):
    """What a token can be."""

    WORD = "word"
    NUMBER = "number"
    STRING = "string"
    KEYWORD = "keyword"
    SYMBOL = "symbol"
    OPEN = "open"
    CLOSE = "close"
    COMMA = "comma"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text, from `position` to `end`.

    `text` is what it means: a string without its quotes, a keyword in lower case.
    """

    kind: TokenKind
    text: str
    position: int
    end: int

    def describe(self) -> str:
        """Name the token for an error message."""
        if self.kind is TokenKind.END:
            return "the end of the text"
        shown = self.text if len(self.text) <= _LONGEST_SHOWN else self.text[:_LONGEST_SHOWN] + "…"
        return f"'{printable(shown)}'"


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text; the last is of kind END.

    Raises:
        FilterSyntaxError: when the next token is not one of the language.
    """
    position = 0
    while True:
        while position < len(text) and text[position].isspace():
            position += 1
        token = _next_token(text, position)
        yield token
        if token.kind is TokenKind.END:
            return
        position = token.end


def _next_token(text: str, position: int) -> Token:
    if position == len(text):
        return Token(TokenKind.END, "", position, position)
    character = text[position]
    if character in _PUNCTUATION:
        return Token(TokenKind(_PUNCTUATION[character]), character, position, position + 1)
    if character in "'\"":
        return _string(text, position)
    if run := _SYMBOL_RUN.match(text, position):
        return _symbol(text, run)
    if run := _WORD_RUN.match(text, position):
        return _word(text, run)
    if character in _FOREIGN_QUOTES:
        raise FilterSyntaxError.at(text, position, f"Write ' or \" instead of {character}")
    raise FilterSyntaxError.at(text, position, f"'{printable(character)}' must stand in quotes")


def _string(text: str, start: int) -> Token:
    quote = text[start]
    end = text.find(quote, start + 1)
    while end >= 0 and text.startswith(quote, end + 1):
        end = text.find(quote, end + 2)
    if end < 0:
        raise FilterSyntaxError.at(text, start, f"This quote is never closed: add {quote} after the text")
    return Token(TokenKind.STRING, text[start + 1 : end].replace(quote * 2, quote), start, end + 1)


def _symbol(text: str, run: re.Match[str]) -> Token:
    symbol = run.group()
    if symbol not in _SYMBOLS:
        advice = f"write {_MEANT[symbol]}" if symbol in _MEANT else "there are = != > >= < <= ~ !~"
        raise FilterSyntaxError.at(text, run.start(), f"'{symbol}' is not an operator: {advice}")
    return Token(TokenKind.SYMBOL, symbol, run.start(), run.end())


def _word(text: str, run: re.Match[str]) -> Token:
    word = run.group()
    # What looks like a number beyond any float may still be the start of a commit or a digest: it stays a word.
    if _NUMBER.fullmatch(word) and math.isfinite(float(word)):
        return Token(TokenKind.NUMBER, word, run.start(), run.end())
    if word.lower() in KEYWORDS:
        return Token(TokenKind.KEYWORD, word.lower(), run.start(), run.end())
    if not _WORD.fullmatch(word):
        raise FilterSyntaxError.at(text, run.start(), f"'{word}' starts with '{word[0]}' and must stand in quotes")
    return Token(TokenKind.WORD, word, run.start(), run.end())
