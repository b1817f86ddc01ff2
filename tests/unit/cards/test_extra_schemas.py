"""What a namespace asks of `extra`: which schemas are taken, and what is said of cards that do not fit."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.cards import a_card

from modelkeep.domains.cards.domain.errors import InvalidExtraSchemaError
from modelkeep.domains.cards.domain.extra_schemas import (
    MAX_EXTRA_BYTES,
    MAX_MATCHED_BYTES,
    MAX_PATTERNS,
    MAX_SCHEMA_BYTES,
    ExtraSchema,
    revised,
)
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind

ANA = Actor(PrincipalId("ana"), "Ana", PrincipalKind.USER, frozenset())
TICKET: dict[str, Any] = {
    "type": "object",
    "required": ["ticket"],
    "additionalProperties": False,
    "properties": {
        "ticket": {"$ref": "#/$defs/ticket"},
        "costs": {"type": "array", "items": {"type": "object", "properties": {"a/b": {"minimum": 0}}}},
    },
    "$defs": {"ticket": {"type": "string", "pattern": "^RISK-[0-9]+$"}},
}


def schema(document: Any) -> ExtraSchema:  # noqa: ANN401 - JSON
    return revised("fraud", None, document, ANA, datetime(2026, 1, 1, tzinfo=UTC))


def misfits(document: Any, extra: Any = None) -> dict[str, str]:  # noqa: ANN401 - JSON
    card = a_card() if extra is None else a_card(extra=extra)
    return {problem.facts["pointer"]: problem.said for problem in schema(document).misfits(card)}


def test_what_fits_fits() -> None:
    assert misfits(TICKET, {"ticket": "RISK-12", "costs": [{"a/b": 1}]}) == {}
    assert misfits({}) == {}


@pytest.mark.parametrize(
    ("extra", "pointer", "said"),
    [
        (None, "/extra", "the field 'ticket' is missing; add it"),
        ({}, "/extra", "the field 'ticket' is missing; add it"),
        ({"ticket": "12"}, "/extra/ticket", "this does not have the form ^RISK-[0-9]+$"),
        ({"ticket": "RISK-1", "team": "a"}, "/extra", "there is no field 'team'; correct the name, or leave it out"),
        ({"ticket": "RISK-1", "costs": [{"a/b": -1}]}, "/extra/costs/0/a~1b", "this is less than 0"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place_and_what_is_expected(extra: Any, pointer: str, said: str) -> None:  # noqa: ANN401 - JSON
    assert misfits(TICKET, extra) == {pointer: said}


def test_all_that_does_not_fit_is_told_as_long_as_it_is_little() -> None:
    asked = {"required": ["a", "b"], "properties": {"rows": {"items": {"type": "string"}}}}
    many = schema(asked).misfits(a_card(extra={"rows": [1] * 10_000}))
    assert len(schema(asked).misfits(a_card(extra={"rows": [1]}))) == 3
    assert len(many) == 1


def test_a_schema_and_what_it_validates_are_bounded() -> None:
    worst = {"properties": {"a": {"items": {"allOf": [{"minimum": 0, "multipleOf": 1}] * 490}}}}
    began = time.perf_counter()
    assert misfits(worst, {"a": [1] * 30_000}) == {}
    assert time.perf_counter() - began < 30
    (said,) = misfits({}, {"a": "x" * MAX_EXTRA_BYTES}).values()
    assert "attach what is large" in said


def test_where_there_are_patterns_they_read_little() -> None:
    slow = {"properties": {"a": {"anyOf": [{"pattern": f"1[01]{{700}}[x-z]{n}"} for n in range(MAX_PATTERNS)]}}}
    began = time.thread_time()
    assert misfits(slow, {"a": "0110100110010110" * 1_000})
    assert time.thread_time() - began < 30
    (said,) = misfits(slow, {"a": "x" * MAX_MATCHED_BYTES}).values()
    assert f"at most {MAX_MATCHED_BYTES}" in said


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"type": "objct"}, r"no JSON Schema: \$.type"),
        ({"description": "x" * MAX_SCHEMA_BYTES}, "at most 65536"),
        ({"$ref": "https://example.org/schema"}, "nothing is fetched"),
        ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, "nothing is fetched"),
        ({"$ref": "#"}, "own '.defs'"),
        ({"$ref": "#/$defs/none"}, "own '.defs'"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, "refers to itself"),
        (
            {"$ref": "#/$defs/0", "$defs": {str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(20)}},
            "refers to itself|own '.defs'",
        ),
        ({"allOf": [{}] * 501}, "more than 500 parts"),
        ({"properties": {"a": {"$dynamicRef": "#a"}}}, r"\$dynamicRef' is no keyword"),
        ({"properties": {"a": {"$id": "https://example.org"}}}, "no keyword"),
        ({"requierd": ["a"]}, "'requierd' is no keyword"),
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, "left out"),
        ({"pattern": "(a)\\1"}, "cannot be used|no JSON Schema"),
        ({"pattern": "^(?:(?:[0-9]?){200}){200}x"}, "cannot be used"),
        ({"anyOf": [{"pattern": f"^{n}$"} for n in range(17)]}, "more than 16 patterns"),
        ({"patternProperties": {f"^{n}$": {} for n in range(17)}}, "more than 16 patterns"),
        ({"allOf": [{"unevaluatedProperties": False}]}, "no keyword"),
        ({"const": "\0"}, "NUL"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_could_be_slow_or_is_elsewhere_is_refused(document: Any, said: str) -> None:  # noqa: ANN401 - JSON
    with pytest.raises(InvalidExtraSchemaError, match=said):
        schema(document)


def test_names_that_look_like_keywords_are_names() -> None:
    assert misfits({"$id": "https://example.org/extra", "properties": {"$ref": {"const": {"$ref": "x"}}}}) == {}
