"""What gates may rely on of an expression engine: an implementation joins by one line in `ENGINES`."""

from datetime import UTC, datetime
from typing import Any

import pytest

from modelkeep.domains.governance.domain.gates.engine import GateEngine
from modelkeep.domains.governance.domain.gates.facts import Snapshot
from modelkeep.domains.governance.service.gates.cel_engine import CelEngine

ENGINES = [CelEngine()]
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "version": {"number": 3, "tags": {"reviewed": "yes"}, "created_at": "2026-11-01T09:00:00+00:00", "parents": []},
    "metrics": {"auc": 0.9, "whole": 1.0, "latency-ms": 12.5},
    "card": {"risk": {"rating": "low"}, "limitations": ["small", "old"], "score": 3},
    "model": {"name": "fraud/scorer", "owners": ["ann"]},
    "target_stage": "Production",
    "current": None,
}


@pytest.fixture(params=ENGINES, ids=lambda engine: type(engine).__name__)
def engine(request: pytest.FixtureRequest) -> GateEngine:
    found: GateEngine = request.param
    return found


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("metrics.auc >= 0.9", True),
        ("metrics.auc > 0.9", False),
        ("metrics.whole == 1.0", True),
        ("metrics['latency-ms'] < 20.0", True),
        ("'auc' in metrics && !('recall' in metrics)", True),
        ("has(metrics.auc) && !has(metrics.recall)", True),
        ("metrics.all(name, metrics[name] > 0.5)", True),
        ("metrics.exists(name, name.startsWith('latency'))", True),
        ("card.risk.rating in ['low', 'medium']", True),
        ("has(card.bias_assessment) && card.bias_assessment.performed", False),
        ("size(card.limitations) == 2", True),
        ("card.limitations[0] == 'small'", True),
        ("card.limitations.exists_one(text, text == 'old')", True),
        ("card.score >= 2.5", True),
        ("version.tags.reviewed == 'yes' && version.number == 3", True),
        ("timestamp(version.created_at) > now - duration('48h')", True),
        ("now.getFullYear() == 2026", True),
        ("target_stage == 'Production'", True),
        ("current == null || metrics.auc >= current.metrics.auc", True),
        ("model.name.matches('^fraud/[a-z]+$')", True),
        ("model.owners.map(owner, size(owner)) == [3]", True),
        ("metrics.recall > 0.1 || true", True),
        ("false && metrics.recall > 0.1", False),
        ("metrics.auc > 0.8 ? card.score == 3 : false", True),
        ("'é😀'.size() == 2", True),
        ("version.number % 2 == 1 && version.number / 2 == 1", True),
    ],
)
def test_an_expression_has_one_value(engine: GateEngine, expression: str, *, value: bool) -> None:
    assert engine.check(expression) == ()
    verdict = engine.evaluate(expression, Snapshot.of(FACTS), NOW)
    assert (verdict.value, verdict.error) == (value, "")


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("metrics.recall > 0.1", "recall"),
        ("card.risk.tier > 1", "tier"),
        ("current.metrics.auc < 1.0", ""),
        ("version.number / 0 == 1", "zero"),
        ("card.risk > 1", "overload"),
        ("timestamp(version.tags.reviewed) < now", ""),
        ("card.limitations[7] == 'x'", ""),
        ("model.name.matches('(')", "regular expression"),
        ("now.getFullYear('No/Where') == 2026", "timezone"),
    ],
)
def test_what_goes_wrong_is_no_value_and_says_why(engine: GateEngine, expression: str, why: str) -> None:
    verdict = engine.evaluate(expression, Snapshot.of(FACTS), NOW)
    assert verdict.value is None
    assert why in verdict.error
    assert verdict.error


@pytest.mark.parametrize(
    ("expression", "line", "column"),
    [
        ("metrics.auc >= 1", 1, 13),
        ("metrics.auc > 0.5 &&\n  nothing == 1", 2, 3),
        ("metrics.auc >", 1, 14),
        ("metrics.auc", 1, 1),
        ("version.number", 1, 1),
        ("'yes'", 1, 1),
        ("", 1, 1),
        ("version.number == 1 && fail(2)", 1, 28),
        ("target_stage == 1", 1, 14),
        ("true //" + "x" * 4096, 1, 1),
        ("'\ud800' == target_stage", 1, 1),
        ("'\0' == target_stage", 1, 1),
        ("(" * 500 + "true" + ")" * 500, 1, 1),
    ],
)
def test_what_is_no_condition_is_refused_at_its_place(
    engine: GateEngine, expression: str, line: int, column: int
) -> None:
    problems = engine.check(expression)
    assert (problems[0].line, problems[0].column) == (line, column)
    assert problems[0].message
    assert engine.references(expression) == ()
    assert engine.evaluate(expression, Snapshot.of(FACTS), NOW).value is None


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("metrics.recall > 0.1 || true", {("metrics", "recall")}),
        ("metrics['a b'] > 0.1", {("metrics", "a b")}),
        ("has(card.risk.tier)", {("card", "risk")}),
        ("has(card.risk) && now > now", {("now",)}),
        ("'auc' in metrics", {("metrics",)}),
        ("[1, 2].all(x, x > version.number)", {("version", "number")}),
        ("{'a': card.b} == {target_stage: 1}", {("card", "b"), ("target_stage",)}),
        ("version[target_stage].x == 1", {("version",), ("target_stage",)}),
        ("true ? true : current.metrics.auc > 0.1", {("current", "metrics", "auc")}),
        ("card.limitations[0] == 'x'", {("card", "limitations")}),
    ],
)
def test_what_an_expression_names_is_known_without_evaluating_it(
    engine: GateEngine, expression: str, named: set[tuple[str, ...]]
) -> None:
    assert {found.path for found in engine.references(expression) if not found.tested} == named


def test_a_bomb_is_stopped(engine: GateEngine) -> None:
    numbers = f"[{', '.join(map(str, range(20)))}]"
    bomb = f"{numbers}.all(a, {numbers}.all(b, {numbers}.all(c, {numbers}.all(d, a + b + c + d >= 0))))"
    assert engine.evaluate(bomb, Snapshot.of({}), NOW).value is None
