from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.kernel.errors import Kind
from modelkeep.kernel.filters import (
    And,
    Boolean,
    Comparison,
    Expression,
    Field,
    FilterSyntaxError,
    Not,
    Number,
    Operator,
    Or,
    OrderTerm,
    Scalar,
    Text,
    ValueList,
    Word,
    parse_filter,
    parse_order,
)
from modelkeep.kernel.filters.lexer import KEYWORDS

FAST = settings(max_examples=40)
SCALAR_OPERATORS = [one for one in Operator if one not in {Operator.IN, Operator.NOT_IN, Operator.EXISTS}]
WITHOUT_SURROGATES = st.characters(exclude_categories=["Cs"], exclude_characters="\0")

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name.lower() not in KEYWORDS)
keys = st.from_regex(r"[A-Za-z0-9_.+:/-]{1,8}", fullmatch=True) | st.text(WITHOUT_SURROGATES, min_size=1, max_size=8)
fields = st.builds(Field, names, st.none() | keys)
numbers = st.from_regex(r"[+-]?([0-9]{1,6}(\.[0-9]{1,6})?|\.[0-9]{1,4})([eE][+-]?[0-9]{1,2})?", fullmatch=True)
words = st.sampled_from(
    ["1.4.0-rc.1", "fraud*", "2026-10-01T09:00Z", "sha256:ab12", "fraud/scorer", "1.x", "9e999", "_", "1_000"]
)
scalars: st.SearchStrategy[Scalar] = st.one_of(
    st.builds(Text, st.text(WITHOUT_SURROGATES, max_size=12)),
    st.builds(Number, numbers),
    st.builds(Boolean, st.booleans()),
    st.builds(Word, words),
)
lists = st.builds(ValueList, st.lists(scalars, min_size=1, max_size=3).map(tuple))
comparisons = st.one_of(
    st.builds(Comparison, fields, st.sampled_from(SCALAR_OPERATORS), scalars),
    st.builds(Comparison, fields, st.sampled_from([Operator.IN, Operator.NOT_IN]), lists),
    st.builds(Comparison, fields, st.just(Operator.EXISTS)),
)


def chains(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, parts)


expressions: st.SearchStrategy[Expression] = st.recursive(comparisons, chains, max_leaves=6)
symbols = st.sampled_from(
    ["=", "!=", ">=", "~", "==", "!", "||", "(", ")", ",", "-", "#", "“", "é", "\0", "\ud800", "\n"]
)
pieces = st.sampled_from(["name", "tag.team", "tag.", "tag.'x'", "'a'", '"b"', "'", "1.2", "true", "desc", "like", " "])
keywords = st.sampled_from(["and", "OR", "not", "in", "exists"])
fragments = symbols | pieces | keywords


def equal(name: str, text: str) -> Comparison:
    return Comparison(Field(name), Operator.EQUAL, Text(text))


def refusal(text: str) -> FilterSyntaxError:
    with pytest.raises(FilterSyntaxError) as refused:
        parse_filter(text)
    return refused.value


@FAST
@given(expressions)
def test_the_canonical_text_of_a_tree_parses_to_the_same_tree(tree: Expression) -> None:
    again = parse_filter(str(tree), max_length=100_000, max_depth=100)
    assert again == tree
    assert str(again) == str(tree)


@settings(max_examples=150)
@given(
    st.text(max_size=200)
    | st.lists(fragments, max_size=40).map(" ".join)
    | st.lists(fragments, max_size=40).map("".join)
)
def test_any_text_either_parses_or_is_refused_with_a_position_inside_it(text: str) -> None:
    for parse in (parse_filter, parse_order):
        try:
            parse(text)
        except FilterSyntaxError as refused:
            position = refused.details["position"]
            assert isinstance(position, int)
            assert 0 <= position <= len(text)
            refused.message.encode()


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_a_blank_filter_or_order_selects_and_orders_nothing(text: str) -> None:
    assert parse_filter(text) is None
    assert parse_order(text) == ()


def test_the_example_of_the_product_parses() -> None:
    text = (
        "name ~ 'fraud*' and tag.team = 'risk' and metric.auc >= 0.9 and version >= 1.2 and created > '2026-10-01' "
        "and training_data.digest = 'sha256:ab'"
    )
    assert parse_filter(text) == And(
        (
            Comparison(Field("name"), Operator.MATCHES, Text("fraud*")),
            Comparison(Field("tag", "team"), Operator.EQUAL, Text("risk")),
            Comparison(Field("metric", "auc"), Operator.GREATER_OR_EQUAL, Number("0.9")),
            Comparison(Field("version"), Operator.GREATER_OR_EQUAL, Number("1.2")),
            Comparison(Field("created"), Operator.GREATER, Text("2026-10-01")),
            Comparison(Field("training_data", "digest"), Operator.EQUAL, Text("sha256:ab")),
        )
    )
    assert str(parse_filter(text)) == text


def test_and_binds_closer_than_or_and_not_closer_than_both() -> None:
    a, b, c = equal("a", "1"), equal("b", "2"), equal("c", "3")
    assert parse_filter("not a = '1' and b = '2' or c = '3'") == Or((And((Not(a), b)), c))
    assert parse_filter("not (a = '1' and (b = '2' or c = '3'))") == Not(And((a, Or((b, c)))))


def test_redundant_parentheses_leave_no_trace() -> None:
    assert parse_filter("((a = '1'))") == equal("a", "1")


def test_keywords_and_booleans_are_written_in_either_case() -> None:
    assert parse_filter("NOT a Exists AND b NOT IN (TRUE) Or c = False") == parse_filter(
        "not a exists and b not in (true) or c = false"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'it''s'", Text("it's")),
        ('"it\'s"', Text("it's")),
        ('"say ""hi"""', Text('say "hi"')),
        ("''", Text("")),
        ("''''", Text("'")),
        ("'and'", Text("and")),
        ("'größer\n=)'", Text("größer\n=)")),
        ("0.90", Number("0.90")),
        ("-1e-3", Number("-1e-3")),
        ("+5", Number("+5")),
        (".5", Number(".5")),
        ("true", Boolean(value=True)),
        ("1.4.0-rc.1", Word("1.4.0-rc.1")),
        ("1.4.0+build.7", Word("1.4.0+build.7")),
        ("1.2.3", Word("1.2.3")),
        ("2026-10-01T09:00:00Z", Word("2026-10-01T09:00:00Z")),
        ("fraud*", Word("fraud*")),
        ("1e999", Word("1e999")),
        ("9" * 400, Word("9" * 400)),
    ],
)
def test_values_keep_what_was_written(text: str, value: Scalar) -> None:
    assert parse_filter(f"field={text}") == Comparison(Field("field"), Operator.EQUAL, value)


def test_a_number_knows_its_exact_value() -> None:
    assert Number("0.10").decimal == Decimal("0.1")
    assert Number("-1e-3").decimal == Decimal("-0.001")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("created", Field("created")),
        ("tag.team", Field("tag", "team")),
        ("tag.mlflow.user", Field("tag", "mlflow.user")),
        ("metric.val/auc:test", Field("metric", "val/auc:test")),
        ("tag.'my key'", Field("tag", "my key")),
        ('tag."it\'s"', Field("tag", "it's")),
        ("tag.in", Field("tag", "in")),
        ("tag.'and'", Field("tag", "and")),
    ],
)
def test_fields_have_a_name_and_perhaps_a_key(text: str, field: Field) -> None:
    assert parse_filter(f"{text} exists") == Comparison(field, Operator.EXISTS)
    assert parse_order(text) == (OrderTerm(field),)


@pytest.mark.parametrize("operator", SCALAR_OPERATORS)
def test_operators_need_no_spaces(operator: Operator) -> None:
    assert parse_filter(f"a{operator}1") == Comparison(Field("a"), operator, Number("1"))


def test_lists_take_any_scalar() -> None:
    assert parse_filter("stage not in ('Draft', Staging,1)") == Comparison(
        Field("stage"), Operator.NOT_IN, ValueList((Text("Draft"), Word("Staging"), Number("1")))
    )


def test_every_node_knows_where_it_stood() -> None:
    tree = parse_filter("a = 1 and  tag.b in ('x', y)")
    assert isinstance(tree, And)
    second = tree.parts[1]
    assert isinstance(second, Comparison)
    assert isinstance(second.value, ValueList)
    assert (second.position, second.field.position, second.value.position) == (11, 11, 20)
    assert [item.position for item in second.value.items] == [21, 26]
    assert second == replace(second, position=0)


@pytest.mark.parametrize(
    ("text", "position", "advice"),
    [
        ("name = ", 7, "Expected a value"),
        ("name = and x", 7, "Expected a value.*not 'and'"),
        ("name == 'x'", 5, "'==' is not an operator: write ="),
        ("name <> 'x'", 5, "write !="),
        ("a = 1 && b = 2", 6, "write and"),
        ("a = 1 || b = 2", 6, "write or"),
        ("! a = 1", 0, "write not"),
        ("a >! 1", 2, "there are = != >"),
        ("name like 'x%'", 5, r"write ~ with \* and \?"),
        ("tag.team is null", 9, "not FIELD exists"),
        ("name 'x'", 5, r"Expected an operator \(= .*\) after name, not 'x'"),
        ("name", 4, "Expected an operator.*not the end of the text"),
        ("= 1", 0, "Expected a field such as name, tag.team or metric.auc"),
        ("1 = 1", 0, "Expected a field.*not '1'"),
        ("'name' = 1", 0, "Expected a field"),
        ("a-b = 1", 0, "Expected a field.*not 'a-b'"),
        ("in = 1", 0, "Expected a field"),
        ("tag. = 1", 4, "Expected a key right after the dot, as in tag.team or tag.'my key'"),
        ("tag. 'x' = 1", 4, "Expected a key right after the dot"),
        ("tag.'' = 1", 4, "A key has at least one character"),
        ("tag.a* = 1", 4, r"must stand in quotes: tag.'a\*'"),
        ("name = 'x", 7, "never closed: add '"),
        ("name = 'it''s", 7, "never closed"),
        ("name = fraud scorer", 13, "a text with spaces needs quotes"),
        ("(name = fraud scorer)", 14, "a text with spaces needs quotes"),
        ("name = -x", 7, "starts with '-' and must stand in quotes"),
        ("name = größe", 9, "'ö' must stand in quotes"),
        ("name = “x”", 7, "Write ' or \" instead of “"),
        ("name = `x`", 7, "Write ' or \""),
        ("name = x; drop", 8, "';' must stand in quotes"),
        ("(a = 1", 0, "never closed"),
        ("(a = 1 or (b = 2", 10, "never closed"),
        ("a = 1)", 5, "closes nothing"),
        ("()", 1, "Expected a field"),
        ("a = 1 and", 9, "Expected a field"),
        ("a = 1 and or b = 2", 10, "Expected a field"),
        ("a = 1 not b = 2", 6, "'and', 'or' or the end"),
        ("a in 1", 5, "a list such as"),
        ("a in ()", 6, "Expected a value"),
        ("a in (1 2)", 8, "Expected ',' or"),
        ("a in (1,)", 8, "Expected a value"),
        ("a not exists", 6, "the opposite of exists is: not a exists"),
        ("a not = 1", 6, "'in'"),
        ("a = (1)", 4, "Expected a value"),
        ("a = 'x\0'", 6, "remove it"),
        ("a = '\ud800'", 5, "remove it"),
    ],
)
def test_mistakes_are_shown_where_they_are_and_what_to_write_instead(text: str, position: int, advice: str) -> None:
    error = refusal(text)
    assert error.details == {"position": position}
    assert (error.code, error.kind) == ("kernel.filter_syntax", Kind.INVALID)
    with pytest.raises(FilterSyntaxError, match=advice):
        raise error


def test_the_message_shows_the_text_with_a_caret_below_the_mistake() -> None:
    assert refusal("name = 'a' and tag.team == 'b'").message == (
        "'==' is not an operator: write =, at character 25:\n"
        "  name = 'a' and tag.team == 'b'\n"
        "                          ^"
    )


def test_the_first_mistake_is_the_one_reported() -> None:
    assert refusal("a = 1 or or b == 'never closed").details["position"] == 9


def test_the_caret_stands_right_below_wide_and_unprintable_characters_and_in_long_texts() -> None:
    lines = refusal("a = '模型\t' ; b").message.splitlines()
    assert lines[1:] == ["  a = '模型·' ; b", "              ^"]
    long = refusal("a = 1 and " * 20 + ";" + " or b = 2" * 9).message.splitlines()
    assert long[1].startswith("  …")
    assert long[1].endswith("…")
    assert long[1][len(long[2]) - 1] == ";"


@pytest.mark.parametrize(("opening", "closing", "allowed"), [("(", ")", 16), ("not ", "", 16), ("not (", ")", 8)])
def test_deep_nesting_is_refused(opening: str, closing: str, allowed: int) -> None:
    assert parse_filter(opening * allowed + "a = 1" + closing * allowed) is not None
    error = refusal(opening * (allowed + 1) + "a = 1" + closing * (allowed + 1))
    assert "nested more than 16 deep" in error.message
    assert error.details["position"] == len(opening) * allowed
    assert "nested more than 16 deep" in refusal(opening * 800 + "a = 1").message


def test_too_many_terms_are_refused_at_the_first_one_too_many() -> None:
    assert parse_filter(" or ".join(["a=1"] * 64)) is not None
    error = refusal(" or ".join(["a=1"] * 65))
    assert "more than 64 comparisons" in error.message
    assert error.details["position"] == 64 * len("a=1 or ")


def test_a_text_too_long_is_refused() -> None:
    assert parse_filter("a = '" + "x" * 4090 + "'") is not None
    assert "longer than 4096 characters" in refusal("a = '" + "x" * 4091 + "'").message


def test_an_order_lists_fields_with_their_direction() -> None:
    terms = parse_order("created DESC, metric.auc,tag.'my key' asc")
    assert terms == (
        OrderTerm(Field("created"), descending=True),
        OrderTerm(Field("metric", "auc")),
        OrderTerm(Field("tag", "my key")),
    )
    assert ", ".join(str(term) for term in terms) == "created desc, metric.auc, tag.'my key'"


@FAST
@given(st.lists(st.builds(OrderTerm, fields, st.booleans()), max_size=5, unique_by=lambda term: term.field))
def test_the_canonical_text_of_an_order_parses_to_the_same_order(terms: list[OrderTerm]) -> None:
    assert parse_order(", ".join(str(term) for term in terms)) == tuple(terms)


@pytest.mark.parametrize(
    ("text", "position", "advice"),
    [
        ("-created", 0, "starts with '-'"),
        ("created descending", 8, "Expected 'asc', 'desc', ',' or the end"),
        ("created,", 8, "Expected a field"),
        ("created desc asc", 13, "Expected 'asc'"),
        ("created, name, created desc", 15, "created is there twice"),
        (",".join("abcdefghi"), 16, "more than 8 fields"),
        ("a" * 1025, 1024, "longer than 1024"),
    ],
)
def test_a_mistake_in_an_order_is_shown_where_it_is(text: str, position: int, advice: str) -> None:
    with pytest.raises(FilterSyntaxError, match=advice) as refused:
        parse_order(text)
    assert refused.value.details == {"position": position}
