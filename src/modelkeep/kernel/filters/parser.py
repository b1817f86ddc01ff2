"""From tokens to the syntax tree, by recursive descent with limits on length, terms and depth."""

import re
from typing import Final, NoReturn

from modelkeep.kernel.filters.lexer import FilterSyntaxError, Token, TokenKind, tokens
from modelkeep.kernel.filters.tree import (
    BARE_KEY,
    And,
    Boolean,
    Comparison,
    Expression,
    Field,
    Not,
    Number,
    Operator,
    Or,
    OrderTerm,
    Scalar,
    Text,
    ValueList,
    Word,
)

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNSENDABLE: Final = re.compile(r"[\0\ud800-\udfff]")

_FIELD: Final = "a field such as name, tag.team or metric.auc"
_OPERATOR: Final = "an operator (= != > >= < <= ~ !~ in, not in, exists)"
_VALUE: Final = "a value: a number, true, false, a word, or 'any text in quotes'"
_MEANT: Final = {
    "like": "write ~ with * and ? in the pattern",
    "ilike": "write ~ with * and ? in the pattern",
    "contains": "write ~ '*text*'",
    "matches": "write ~ with * and ? in the pattern",
    "between": "write >= one value and <= the other",
    "is": "write = for a value, or: not FIELD exists",
    "has": "write exists after the field",
}


def parse_filter(text: str, *, max_length: int = 4096, max_terms: int = 64, max_depth: int = 16) -> Expression | None:
    """Return the syntax tree of a filter, None for a blank one.

    `max_length` is in characters, `max_terms` counts comparisons, `max_depth` counts nested parentheses and `not`s.

    Raises:
        FilterSyntaxError: if the text does not follow the grammar, or passes a limit.
    """
    _check_text(text, max_length)
    if not text.strip():
        return None
    return _FilterParser(text, max_terms=max_terms, max_depth=max_depth).parse()


def parse_order(text: str, *, max_length: int = 1024, max_terms: int = 8) -> tuple[OrderTerm, ...]:
    """Return the terms of an order such as `created desc, metric.auc`, none for a blank one.

    Raises:
        FilterSyntaxError: if the text does not follow the grammar, names a field twice, or passes a limit.
    """
    _check_text(text, max_length)
    if not text.strip():
        return ()
    return _OrderParser(text).parse(max_terms)


def _check_text(text: str, max_length: int) -> None:
    if len(text) > max_length:
        raise FilterSyntaxError.at(text, max_length, f"This is longer than {max_length} characters: shorten it")
    if unsendable := _UNSENDABLE.search(text):
        raise FilterSyntaxError.at(text, unsendable.start(), "No field holds this character: remove it")


class _Parser:
    """The tokens of one text, the first of which is looked at before it is taken."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._next = next(self._tokens)

    def _take(self) -> Token:
        token = self._next
        if token.kind is not TokenKind.END:
            self._next = next(self._tokens)
        return token

    def _accept(self, kind: TokenKind, *texts: str) -> Token | None:
        """Take the next token if it is of that kind and one of those texts."""
        if self._next.kind is kind and (not texts or self._next.text in texts):
            return self._take()
        return None

    def _expect(self, kind: TokenKind, expected: str) -> Token:
        return self._accept(kind) or self._refuse(expected)

    def _refuse(self, expected: str) -> NoReturn:
        self._fail(f"Expected {expected}, not {self._next.describe()}", self._next.position)

    def _fail(self, problem: str, position: int) -> NoReturn:
        raise FilterSyntaxError.at(self._text, position, problem)

    def _field(self, expected: str) -> Field:
        token = self._expect(TokenKind.WORD, expected)
        name, dot, key = token.text.partition(".")
        if not _NAME.fullmatch(name):
            self._fail(f"Expected {expected}, not '{token.text}'", token.position)
        if not dot:
            return Field(name, None, token.position)
        if not key:
            return Field(name, self._quoted_key(token), token.position)
        if not BARE_KEY.fullmatch(key):
            self._fail(f"This key must stand in quotes: {name}.'{key}'", token.position + len(name) + 1)
        return Field(name, key, token.position)

    def _quoted_key(self, name: Token) -> str:
        """Take the string that stands right behind `name.`; an empty one names nothing."""
        if self._next.kind is not TokenKind.STRING or self._next.position != name.end:
            self._fail(f"Expected a key right after the dot, as in {name.text}team or {name.text}'my key'", name.end)
        if not self._next.text:
            self._fail("A key has at least one character", name.end)
        return self._take().text


class _FilterParser(_Parser):
    def __init__(self, text: str, *, max_terms: int, max_depth: int) -> None:
        super().__init__(text)
        self._max_terms = max_terms
        self._max_depth = max_depth
        self._terms = 0

    def parse(self) -> Expression:
        expression = self._expression(0)
        if self._next.kind is TokenKind.CLOSE:
            self._fail("This ) closes nothing: remove it, or add the ( it belongs to", self._next.position)
        if self._next.kind is not TokenKind.END:
            self._refuse("'and', 'or' or the end (a text with spaces needs quotes)")
        return expression

    def _expression(self, depth: int) -> Expression:
        parts = [self._conjunction(depth)]
        while self._accept(TokenKind.KEYWORD, "or"):
            parts.append(self._conjunction(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _conjunction(self, depth: int) -> Expression:
        parts = [self._negation(depth)]
        while self._accept(TokenKind.KEYWORD, "and"):
            parts.append(self._negation(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _negation(self, depth: int) -> Expression:
        opening = self._accept(TokenKind.KEYWORD, "not") or self._accept(TokenKind.OPEN)
        if opening is None:
            return self._comparison()
        if depth == self._max_depth:
            self._fail(f"This is nested more than {self._max_depth} deep: simplify the filter", opening.position)
        if opening.kind is TokenKind.OPEN:
            return self._group(opening, depth + 1)
        return Not(self._negation(depth + 1))

    def _group(self, opening: Token, depth: int) -> Expression:
        expression = self._expression(depth)
        if self._next.kind is TokenKind.END:
            self._fail("This ( is never closed: add the ) it belongs to", opening.position)
        self._expect(TokenKind.CLOSE, "'and', 'or' or ')' (a text with spaces needs quotes)")
        return expression

    def _comparison(self) -> Comparison:
        field = self._field(f"{_FIELD}, 'not' or '('")
        self._terms += 1
        if self._terms > self._max_terms:
            self._fail(f"There are more than {self._max_terms} comparisons: simplify the filter", field.position)
        if symbol := self._accept(TokenKind.SYMBOL):
            return Comparison(field, Operator(symbol.text), self._scalar(), field.position)
        if self._accept(TokenKind.KEYWORD, "exists"):
            return Comparison(field, Operator.EXISTS, None, field.position)
        if self._accept(TokenKind.KEYWORD, "in"):
            return Comparison(field, Operator.IN, self._list(), field.position)
        if self._accept(TokenKind.KEYWORD, "not"):
            if not self._accept(TokenKind.KEYWORD, "in"):
                self._refuse(f"'in' (the opposite of exists is: not {field} exists)")
            return Comparison(field, Operator.NOT_IN, self._list(), field.position)
        return self._refuse_operator(field)

    def _refuse_operator(self, field: Field) -> NoReturn:
        word = self._next.text.lower() if self._next.kind is TokenKind.WORD else ""
        if word in _MEANT:
            self._fail(f"'{word}' is not an operator: {_MEANT[word]}", self._next.position)
        self._refuse(f"{_OPERATOR} after {field}")

    def _list(self) -> ValueList:
        opening = self._expect(TokenKind.OPEN, "a list such as ('a', 'b')")
        items = [self._scalar()]
        while self._accept(TokenKind.COMMA):
            items.append(self._scalar())
        self._expect(TokenKind.CLOSE, "',' or ')'")
        return ValueList(tuple(items), opening.position)

    def _scalar(self) -> Scalar:
        if string := self._accept(TokenKind.STRING):
            return Text(string.text, string.position)
        if number := self._accept(TokenKind.NUMBER):
            return Number(number.text, number.position)
        word = self._expect(TokenKind.WORD, _VALUE)
        if word.text.lower() in {"true", "false"}:
            return Boolean(word.text.lower() == "true", word.position)
        return Word(word.text, word.position)


class _OrderParser(_Parser):
    def parse(self, max_terms: int) -> tuple[OrderTerm, ...]:
        terms = [self._term()]
        while self._accept(TokenKind.COMMA):
            position = self._next.position
            term = self._term()
            if any(term.field == earlier.field for earlier in terms):
                self._fail(f"{term.field} is there twice: name each field once", position)
            if len(terms) == max_terms:
                self._fail(f"There are more than {max_terms} fields: shorten the order", position)
            terms.append(term)
        if self._next.kind is not TokenKind.END:
            self._refuse("'asc', 'desc', ',' or the end")
        return tuple(terms)

    def _term(self) -> OrderTerm:
        field = self._field(_FIELD)
        direction = self._next.text.lower() if self._next.kind is TokenKind.WORD else ""
        if direction in {"asc", "desc"}:
            self._take()
        return OrderTerm(field, direction == "desc")
