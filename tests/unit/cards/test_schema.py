import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from tests.cards import CARDS, a_card, a_whole_card

from modelkeep.domains.cards.domain.errors import InvalidCardError
from modelkeep.domains.cards.domain.schema import MAX_CARD_BYTES, card_schema, checked, ordered
from modelkeep.kernel.canonical_json import InvalidJsonError


def problems(document: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    with pytest.raises(InvalidCardError) as caught:
        checked(document)
    listed: Any = caught.value.details["problems"]
    return {item["path"]: item["problem"] for item in listed}


def test_the_least_and_the_whole_are_cards() -> None:
    assert checked(a_card()) == a_card()
    assert checked(a_whole_card()) == a_whole_card()
    assert a_whole_card().keys() == card_schema()["properties"].keys(), "a section lacks an example"  # type: ignore[union-attr]  # the schema is JSON


@given(CARDS)
def test_whatever_people_write_is_a_card(card: dict[str, Any]) -> None:
    assert checked(card) == card


@pytest.mark.parametrize(
    ("section", "path", "problem"),
    [
        ({"overview": {}}, "$.overview", "'description' is missing"),
        ({"overview": {"description": ""}}, "$.overview.description", "is empty"),
        ({"uses": {"intendd": []}}, "$.uses", "no field 'intendd'; correct the name, or put it below 'extra'"),
        ({"risk": {"rating": "huge"}}, "$.risk.rating", "unknown, low, medium, high, critical"),
        ({"risk": {"rating": "low", "materiality_tier": 6}}, "$.risk.materiality_tier", "greater than 5"),
        ({"schema_version": "2.0"}, "$.schema_version", 'write "1.0"'),
        ({"limitations": "none"}, "$.limitations", "type array"),
        ({"limitations": ["x" * 5001]}, "$.limitations[0]", "longer than 5000"),
        ({"limitations": ["x"] * 201}, "$.limitations", "more than 200"),
        ({"training": {"datasets": [{"name": "a"}]}}, "$.training.datasets[0]", "'role' is missing"),
        (
            {"training": {"datasets": [{"role": "test", "digest": "sha256:AB"}]}},
            "$.training.datasets[0].digest",
            "form",
        ),
        ({"training": {"hyperparameters": {"": 1}}}, "$.training.hyperparameters", "a name in it"),
        (
            {
                "evaluations": [
                    {"name": "a", "plots": [{"kind": "image", "title": "t", "digest": "sha256:" + "0" * 64}]}
                ]
            },
            "$.evaluations[0].plots[0]",
            "'alt' is missing",
        ),
        (
            {"evaluations": [{"name": "a", "plots": [{"kind": "bar", "title": "t", "labels": []}]}]},
            "$.evaluations[0].plots[0]",
            "'values' is missing",
        ),
        ({"bias_assessment": {}}, "$.bias_assessment", "'performed' is missing"),
        (
            {"overview": {"description": "x", "license_link": "javascript:alert(1)"}},
            "$.overview.license_link",
            "form",
        ),
        ({"a.b 'c'": 1}, "$", "no field"),
    ],
)
def test_what_is_wrong_is_named_by_its_path_and_with_what_to_do(
    section: dict[str, Any], path: str, problem: str
) -> None:
    assert problem in problems(a_card() | section)[path]


@given(CARDS)
def test_in_the_order_of_the_schema_a_card_says_the_same(card: dict[str, Any]) -> None:
    assert ordered(card) == card
    assert list(ordered(dict(reversed(card.items()))))[:2] == ["schema_version", "overview"]


def test_many_problems_are_counted_and_the_first_are_shown() -> None:
    with pytest.raises(InvalidCardError, match="and 130 more") as caught:
        checked(a_card(limitations=[1] * 150))
    assert caught.value.details["count"] == 150


def test_no_text_of_a_card_is_repeated_in_an_error() -> None:
    with pytest.raises(InvalidCardError) as caught:
        checked(a_card(limitations="my secret", risk={"rating": "my secret"}, uses={"purpose": ["my secret"]}))
    assert "my secret" not in str(caught.value.details) + caught.value.message


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", 2**53])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:  # noqa: ANN401 - JSON
    with pytest.raises(InvalidJsonError):
        checked(a_card(extra={"value": value}))


def test_a_nul_is_refused_and_its_escape_is_text() -> None:
    with pytest.raises(InvalidCardError, match="NUL"):
        checked(a_card(limitations=["a\0b"]))
    assert checked(a_card(limitations=["a\\u0000b"]))


def test_a_card_has_a_greatest_size() -> None:
    with pytest.raises(InvalidCardError, match=str(MAX_CARD_BYTES)):
        checked(a_card(extra={str(n): "x" * 1_000_000 for n in range(5)}))


def test_everything_in_the_schema_has_a_greatest_size_and_no_unknown_members() -> None:
    loose = list(_loose(json.loads(json.dumps(card_schema())), "$"))
    assert loose == ["$.properties.extra: additionalProperties"]


BOUNDS = {"string": {"maxLength", "pattern"}, "array": {"maxItems"}}


def _loose(schema: dict[str, Any], at: str) -> Iterator[str]:
    """Yield where a schema lets in texts, lists or objects without a bound."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    yield from (f"{at}: {kind}" for kind in kinds if BOUNDS.get(kind) and not BOUNDS[kind] & schema.keys())
    if "object" in kinds and schema.get("additionalProperties") is not False:
        wanted = {"additionalProperties", "maxProperties", "propertyNames"}
        yield from (f"{at}: {word}" for word in sorted(wanted - schema.keys()))
    for name, inner in _inner(schema):
        yield from _loose(inner, f"{at}.{name}")


def _inner(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for word in ("properties", "$defs"):
        yield from ((f"{word}.{name}", inner) for name, inner in schema.get(word, {}).items())
    yield from (
        (word, schema[word]) for word in ("items", "additionalProperties") if isinstance(schema.get(word), dict)
    )
