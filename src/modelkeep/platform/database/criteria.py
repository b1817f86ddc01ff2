"""From the syntax tree of a filter to bound SQL: no value of a caller ever becomes part of a statement's text.

A repository names its fields and gives each a `Rule`; the rest, including every error with its position, is here.
`!=`, `!~` and `not in` are the opposite of `=`, `~` and `in`: they also hold where there is no value at all.

A list is either walked in its order, testing each row, or begun with the rows that one condition finds in an index, and
sorted. Which is right depends on how many there are, which SQLite does not know and guesses wrongly: so a rule has a
test, which may hide its column from the planner (`unindexed`), and may have a query that finds.
"""

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NoReturn, TypeAlias

from sqlalchemy import BigInteger, ColumnElement, Integer, and_, false, literal, not_, or_, true, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from modelkeep.kernel.filters import (
    And,
    Boolean,
    Comparison,
    Expression,
    FilterSyntaxError,
    Not,
    Number,
    Operator,
    Or,
    Scalar,
    ValueList,
)
from modelkeep.platform.database.types import AnyFound

Criterion: TypeAlias = ColumnElement[bool]
Column: TypeAlias = ColumnElement[Any]

_OPPOSITE: Final = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.NOT_MATCHES: Operator.MATCHES,
    Operator.NOT_IN: Operator.IN,
}
_ESCAPE: Final = "\\"
_INT64: Final = 2**63
_FIRST_SURROGATE: Final = 0xD800
_AFTER_SURROGATES: Final = 0xE000


@dataclass(frozen=True, slots=True)
class Rule:
    """How comparisons of one field become SQL; `keyed` ones are written `name.key`, with `keys` if those are fixed.

    `find` returns the query of the ids of all rows that a comparison holds for, if an index delivers them.
    """

    compare: Callable[["Term"], Criterion]
    keyed: bool = False
    keys: tuple[str, ...] = ()
    find: Callable[["Term"], AnyFound] | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One positive comparison with a single value, as a rule sees it; `value` is None for `exists`."""

    source: str
    comparison: Comparison
    operator: Operator
    value: Scalar | None
    dialect: str

    @property
    def key(self) -> str:
        """The key of a keyed field."""
        return self.comparison.field.key or ""

    @property
    def text(self) -> str:
        """The value as text."""
        return "" if self.value is None else self.value.text

    def refuse(self, problem: str) -> NoReturn:
        """Raise the error that points at this comparison."""
        position = self.value.position if self.value is not None else self.comparison.position
        raise FilterSyntaxError.at(self.source, position, problem)


def compile_filter(source: str, expression: Expression | None, rules: Mapping[str, Rule], *, dialect: str) -> Criterion:
    """Return the condition that a filter stands for; `source` is its text, for errors.

    Raises:
        FilterSyntaxError: a field is unknown, lacks its key, or cannot be compared in this way or with this value.
    """
    if expression is None:
        return true()
    return _Compiler(source, rules, dialect).compile(expression)


def conjuncts(expression: Expression | None) -> tuple[Expression, ...]:
    """Return the conditions that must all hold."""
    if isinstance(expression, And):
        return tuple(inner for part in expression.parts for inner in conjuncts(part))
    return () if expression is None else (expression,)


def find_ids(source: str, expression: Expression, rules: Mapping[str, Rule], *, dialect: str) -> AnyFound | None:
    """Return the query of the ids of all rows that fulfil a filter, if indexes deliver them.

    Raises:
        FilterSyntaxError: as `compile_filter`.
    """
    return _Compiler(source, rules, dialect).find(expression)


class unindexed(FunctionElement[Any]):  # noqa: N801 - reads as the function it is in SQL
    """A column in a test, not to be looked up by: SQLite's planner would rather sort all that an index finds.

    PostgreSQL knows how many rows a condition finds, and is left alone.
    """

    inherit_cache = True

    def __init__(self, column: Column) -> None:
        """Stand for the column."""
        super().__init__(column)
        self.type = column.type


@compiles(unindexed)
def _plain(element: unindexed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    (column,) = element.clauses
    return compiler.process(column, **options)


@compiles(unindexed, "sqlite")
def _hidden(element: unindexed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return f"+{_plain(element, compiler, **options)}"


@dataclass(frozen=True, slots=True)
class _Compiler:
    source: str
    rules: Mapping[str, Rule]
    dialect: str

    def compile(self, expression: Expression) -> Criterion:
        if isinstance(expression, And):
            return and_(*(self.compile(part) for part in expression.parts))
        if isinstance(expression, Or):
            return or_(*(self.compile(part) for part in expression.parts))
        if isinstance(expression, Not):
            return not_(self.compile(expression.part))
        return self._comparison(expression)

    def find(self, expression: Expression) -> AnyFound | None:
        if isinstance(expression, Or):
            parts = [self.find(part) for part in expression.parts]
            known = [part for part in parts if part is not None]
            return union_all(*known) if len(known) == len(parts) else None
        if not isinstance(expression, Comparison):
            return None
        find = self._rule(expression).find
        if find is None or expression.operator in _OPPOSITE:
            return None
        found = [find(term) for term in self._terms(expression, expression.operator)]
        return found[0] if len(found) == 1 else union_all(*found)

    def _comparison(self, comparison: Comparison) -> Criterion:
        rule = self._rule(comparison)
        operator = _OPPOSITE.get(comparison.operator, comparison.operator)
        criterion = or_(false(), *(rule.compare(term) for term in self._terms(comparison, operator)))
        return criterion if operator is comparison.operator else not_(criterion)

    def _terms(self, comparison: Comparison, operator: Operator) -> tuple[Term, ...]:
        value = comparison.value
        if isinstance(value, ValueList):
            return tuple(Term(self.source, comparison, Operator.EQUAL, item, self.dialect) for item in value.items)
        return (Term(self.source, comparison, operator, value, self.dialect),)

    def _rule(self, comparison: Comparison) -> Rule:
        field = comparison.field
        rule = self.rules.get(field.name)
        if rule is None:
            known = ", ".join(f"{name}.KEY" if rule.keyed else name for name, rule in sorted(self.rules.items()))
            self._fail(f"There is no field '{field.name}'; there are {known}", field.position)
        if rule.keyed and field.key is None:
            example = rule.keys[0] if rule.keys else "KEY"
            self._fail(f"'{field.name}' needs a key, as in {field.name}.{example}", field.position)
        if rule.keys and field.key not in rule.keys:
            self._fail(f"'{field.name}' has the keys {', '.join(rule.keys)}", field.position)
        if not rule.keyed and field.key is not None:
            self._fail(f"'{field.name}' has no keys; write {field.name} alone", field.position)
        return rule

    def _fail(self, problem: str, position: int) -> NoReturn:
        raise FilterSyntaxError.at(self.source, position, problem)


def text_rule(column: Column) -> Rule:
    """Compare a text column byte by byte; `~` takes `*` and `?`."""
    return Rule(lambda term: compare_text(column, term))


def number_rule(column: Column) -> Rule:
    """Compare a numeric column."""
    return Rule(lambda term: compare_number(column, term))


def time_rule(column: Column) -> Rule:
    """Compare a time column with a date (its start, UTC) or an RFC 3339 time."""
    return Rule(lambda term: compare_time(column, term))


def compare_text(column: Column, term: Term) -> Criterion:
    """Return the condition on a text column."""
    if term.operator is Operator.EXISTS:
        return column != ""
    if term.operator is Operator.MATCHES:
        return matches(column, term.text, term.dialect)
    return ordered(column, term.operator, term.text)


def compare_number(column: Column, term: Term) -> Criterion:
    """Return the condition on a numeric column."""
    if term.operator is Operator.EXISTS:
        return column.is_not(None)
    if term.operator is Operator.MATCHES:
        term.refuse("A number is compared with = != > >= < <=, not with ~")
    if not isinstance(term.value, Number):
        term.refuse("Expected a number without quotes")
    if isinstance(column.type, Integer):
        return _compare_whole(column, term.operator, term.value.decimal)
    return ordered(column, term.operator, float(term.value.decimal))


def _compare_whole(column: Column, operator: Operator, value: Decimal) -> Criterion:
    """Compare whole numbers exactly with a number that may have a fraction, or more than 64 bits."""
    below = math.ceil(value) - 1 if operator in (Operator.GREATER_OR_EQUAL, Operator.LESS) else math.floor(value)
    bound = literal(min(max(below, -_INT64), _INT64 - 1), BigInteger)
    if operator is Operator.EQUAL:
        return column == bound if below == value and -_INT64 <= below < _INT64 else false()
    return column > bound if operator in (Operator.GREATER, Operator.GREATER_OR_EQUAL) else column <= bound


def compare_time(column: Column, term: Term) -> Criterion:
    """Return the condition on a time column."""
    if term.operator is Operator.EXISTS:
        return column.is_not(None)
    if term.operator in (Operator.MATCHES, Operator.EQUAL):
        term.refuse("A time is compared with > >= < <=")
    try:
        moment = datetime.fromisoformat(term.text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        term.refuse("Expected a date or time such as '2026-10-01' or '2026-10-01T09:30Z'")
    return ordered(column, term.operator, moment)


def compare_boolean(column: Column, term: Term) -> Criterion:
    """Return the condition on a boolean column."""
    if term.operator is not Operator.EQUAL or not isinstance(term.value, Boolean):
        term.refuse("Compare this with = true or = false")
    return column.is_(term.value.value)


def ordered(column: Column, operator: Operator, value: object) -> Criterion:
    """Return `column operator value` for the operators that order."""
    comparisons: dict[Operator, Callable[[], Criterion]] = {
        Operator.EQUAL: lambda: column == value,
        Operator.GREATER: lambda: column > value,
        Operator.GREATER_OR_EQUAL: lambda: column >= value,
        Operator.LESS: lambda: column < value,
        Operator.LESS_OR_EQUAL: lambda: column <= value,
    }
    return comparisons[operator]()


def matches(column: Column, pattern: str, dialect: str) -> Criterion:
    """Return the condition that a text matches a pattern with `*` and `?`, case-sensitive.

    A fixed beginning becomes a range, which an index on the column serves.
    """
    fixed = min((place for place in (pattern.find("*"), pattern.find("?")) if place >= 0), default=len(pattern))
    if fixed == len(pattern):
        return column == pattern
    whole = _glob(column, pattern) if dialect == "sqlite" else _like(column, pattern)
    prefix = pattern[:fixed]
    stem = prefix.rstrip(chr(sys.maxunicode))
    if not stem:
        return whole
    return and_(column >= prefix, column < stem[:-1] + _next_character(stem[-1]), whole)


def _next_character(character: str) -> str:
    """Return the character after this one, which is not the last of all, over the surrogates."""
    code = ord(character) + 1
    return chr(_AFTER_SURROGATES if code == _FIRST_SURROGATE else code)


def _glob(column: Column, pattern: str) -> Criterion:
    return column.op("GLOB", is_comparison=True)(pattern.replace("[", "[[]"))


def _like(column: Column, pattern: str) -> Criterion:
    escaped = pattern.replace(_ESCAPE, _ESCAPE * 2).replace("%", r"\%").replace("_", r"\_")
    return column.like(escaped.replace("*", "%").replace("?", "_"), escape=_ESCAPE)
