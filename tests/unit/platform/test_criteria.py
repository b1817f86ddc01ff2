"""Filters become SQL with bound values: what a caller types never becomes part of a statement's text."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    insert,
    select,
)
from sqlalchemy.engine import Dialect, make_url

from modelkeep.kernel.errors import Kind
from modelkeep.kernel.filters import FilterSyntaxError, parse_filter
from modelkeep.platform.database import UtcDateTime
from modelkeep.platform.database.criteria import (
    Criterion,
    Rule,
    compare_boolean,
    compare_text,
    compile_filter,
    number_rule,
    text_rule,
    time_rule,
)

FAST = settings(max_examples=60)
DIALECTS: dict[str, Dialect] = {
    "sqlite": make_url("sqlite://").get_dialect()(),
    "postgresql": make_url("postgresql+psycopg://").get_dialect()(),
}
MARK = "zqzq"
THING = Table(
    "thing",
    MetaData(),
    Column("name", Text),
    Column("size", BigInteger),
    Column("number", Integer),
    Column("score", Double),
    Column("made", UtcDateTime),
    Column("good", Boolean),
)
RULES: Mapping[str, Rule] = {
    "name": text_rule(THING.c.name),
    "size": number_rule(THING.c.size),
    "number": number_rule(THING.c.number),
    "score": number_rule(THING.c.score),
    "made": time_rule(THING.c.made),
    "good": Rule(lambda term: compare_boolean(THING.c.good, term)),
    "tag": Rule(lambda term: compare_text(THING.c.name, term), keyed=True),
    "data": Rule(lambda term: compare_text(THING.c.name, term), keyed=True, keys=("uri", "digest")),
}


def compiled(text: str, dialect: str = "sqlite") -> tuple[str, dict[str, Any]]:
    """Return the statement and the values that are bound to it."""
    criterion = compile_filter(text, parse_filter(text), RULES, dialect=dialect)
    statement = select(THING.c.name).where(criterion).compile(dialect=DIALECTS[dialect])
    return str(statement), dict(statement.params)


def refusal(text: str) -> FilterSyntaxError:
    with pytest.raises(FilterSyntaxError) as refused:
        compiled(text)
    assert refused.value.kind is Kind.INVALID
    return refused.value


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30).map(
    lambda text: MARK + text + MARK
)
quoted = texts.map(lambda text: "'" + text.replace("'", "''") + "'")
comparisons = st.one_of(
    st.tuples(
        st.sampled_from(["name", "tag.team", "data.uri"]), st.sampled_from(["=", "!=", "<", ">=", "~", "!~"]), quoted
    ),
    st.tuples(
        st.just("name"),
        st.just("in"),
        st.lists(quoted, min_size=1, max_size=4).map(lambda all_: f"({', '.join(all_)})"),
    ),
).map(" ".join)
filters = st.recursive(
    comparisons,
    lambda part: st.one_of(
        part.map(lambda one: f"not ({one})"),
        st.tuples(part, st.sampled_from(["and", "or"]), part).map(lambda parts: f"({' '.join(parts)})"),
    ),
    max_leaves=6,
)


@FAST
@given(filters, st.sampled_from(sorted(DIALECTS)))
def test_no_value_becomes_part_of_the_statement(text: str, dialect: str) -> None:
    statement, values = compiled(text, dialect)
    assert MARK not in statement
    assert any(MARK in str(value) for value in values.values())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_numbers_times_and_booleans_are_bound_too(dialect: str) -> None:
    text = "score > 0.12345 and size = 54321 and made > '2024-03-04' and good = true"
    statement, values = compiled(text, dialect)
    assert not any(literal in statement for literal in ("12345", "54321", "2024"))
    assert {0.12345, 54321} <= set(values.values())


def test_a_blank_filter_restricts_nothing() -> None:
    assert "WHERE 1 = 1" in compiled("  ")[0]


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ("nmae = 1", 0, "There is no field 'nmae'; there are data.KEY, good, made, name"),
        ("name = 'a' and tag = 'b'", 15, "'tag' needs a key, as in tag.KEY"),
        ("data.url = 'a'", 0, "'data' has the keys uri, digest"),
        ("data = 'a'", 0, "'data' needs a key, as in data.uri"),
        ("name.first = 'a'", 0, "'name' has no keys; write name alone"),
        ("size = '1'", 7, "Expected a number without quotes"),
        ("size ~ 1", 7, "A number is compared with"),
        ("score in (1, two)", 13, "Expected a number without quotes"),
        ("made = 2026-10-01", 7, "A time is compared with > >= < <="),
        ("made != 2026-10-01", 8, "A time is compared with > >= < <="),
        ("made > yesterday", 7, "Expected a date or time such as"),
        ("made > 2026-13-01", 7, "Expected a date or time such as"),
        ("made > 2026", 7, "Expected a date or time such as"),
        ("made > '0001-01-01T00:00+01:00'", 7, "Expected a date or time such as"),
        ("made < '9999-12-31T23:00-05:00'", 7, "Expected a date or time such as"),
        ("good = yes", 7, "Compare this with = true or = false"),
        ("good > true", 7, "Compare this with = true or = false"),
        ("good exists", 0, "Compare this with = true or = false"),
    ],
)
def test_what_cannot_be_compared_is_refused_at_its_place(text: str, position: int, problem: str) -> None:
    refused = refusal(text)
    assert refused.details["position"] == position
    assert problem in refused.message
    assert refused.message.splitlines()[-1].endswith("^")


def test_a_date_is_the_start_of_its_day_in_utc() -> None:
    bound = {
        str(compiled(f"made > '{text}'")[1]) for text in ("2026-10-01", "2026-10-01T00:00", "2026-10-01T02:00+02:00")
    }
    assert len(bound) == 1


# --- what a filter finds, on SQLite in memory; the service tests do the same on both databases


class Find(Protocol):
    """Return the names of those of the things that a filter finds."""

    def __call__(self, things: list[dict[str, Any]], text: str) -> list[str]: ...


@pytest.fixture(scope="module")
def find() -> Iterator[Find]:
    engine = create_engine("sqlite://")
    THING.metadata.create_all(engine)

    def found(things: list[dict[str, Any]], text: str) -> list[str]:
        criterion: Criterion = compile_filter(text, parse_filter(text), RULES, dialect="sqlite")
        with engine.connect() as connection:
            connection.execute(insert(THING), [dict.fromkeys(THING.c.keys()) | thing for thing in things])
            return sorted(connection.scalars(select(THING.c.name).where(criterion)))

    yield found
    engine.dispose()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", {"", "a", "ab", "aB", "a[b", "a*b", "a%b", "a_b", "a\\b", "b", "\U0010ffff!"}),
        ("a*", {"a", "ab", "aB", "a[b", "a*b", "a%b", "a_b", "a\\b"}),
        ("a?b", {"a[b", "a*b", "a%b", "a_b", "a\\b"}),
        ("a[b*", {"a[b"}),
        ("a%b", {"a%b"}),
        ("a_?", {"a_b"}),
        ("*\\b", {"a\\b"}),
        ("?", {"a", "b"}),
        ("aB", {"aB"}),
        ("\U0010ffff*", {"\U0010ffff!"}),
        ("", {""}),
    ],
)
def test_a_pattern_knows_star_and_question_mark_and_nothing_else(find: Find, pattern: str, expected: set[str]) -> None:
    every = ["", "a", "ab", "aB", "a[b", "a*b", "a%b", "a_b", "a\\b", "b", "\U0010ffff!"]
    assert set(find([{"name": name} for name in every], f"name ~ '{pattern}'")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("number = 2", "b"),
        ("number = 2.0", "b"),
        ("number = 2.5", ""),
        ("number != 2.5", "abc"),
        ("number > 1.5", "bc"),
        ("number >= 1.5", "bc"),
        ("number < 2.5", "ab"),
        ("number <= 2.5", "ab"),
        ("number > -1e300", "abc"),
        ("number < 1e300", "abc"),
        ("number = 99999999999999999999", ""),
        ("number <= 9223372036854775808", "abc"),
        ("number in (1, 2.5, 3)", "ac"),
        ("not number = 2", "ac"),
        ("number exists", "abc"),
    ],
)
def test_whole_numbers_are_compared_exactly_with_any_number(find: Find, text: str, expected: str) -> None:
    assert (
        "".join(find([{"name": name, "number": number} for name, number in zip("abc", (1, 2, 3), strict=True)], text))
        == expected
    )


def test_whole_numbers_beyond_the_precision_of_floats_are_told_apart(find: Find) -> None:
    things = [{"name": "a", "size": 2**53}, {"name": "b", "size": 2**53 + 1}]
    assert find(things, f"size > {2**53}") == ["b"]
    assert find(things, f"size = {2**53 + 1}") == ["b"]


@pytest.mark.parametrize("year", ["0001", "0999", "1969"])
def test_times_of_any_year_sort_as_times(find: Find, year: str) -> None:
    things = [{"name": "now", "made": datetime(2026, 11, 2, tzinfo=UTC)}]
    assert find(things, f"made > '{year}-06-01'") == ["now"]
    assert find(things, f"made < '{year}-06-01'") == []
