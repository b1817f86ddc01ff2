"""Each kind of gate: what holds, what does not, and what nobody can tell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelkeep.domains.governance.domain.gates.facts import MAX_SNAPSHOT, Snapshot, UnusableFactsError
from modelkeep.domains.governance.domain.gates.kinds import check_config, rule_of
from modelkeep.domains.governance.domain.gates.outcomes import Evaluation, GateResult, GateStatus, config_digest
from modelkeep.domains.governance.domain.policies import Gate, GateKind, Severity
from modelkeep.domains.governance.service.gates.cel_engine import CelEngine
from modelkeep.kernel.canonical_json import Json

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
ENGINE = CelEngine()
PASSED, FAILED, ERROR, PENDING = GateStatus.PASSED, GateStatus.FAILED, GateStatus.ERROR, GateStatus.PENDING


def a_gate(kind: str, **config: Json) -> Gate:
    return Gate("a_gate", GateKind(kind), config=config)


def status(gate: Gate, **facts: Json) -> GateStatus:
    rule = rule_of(gate, "Production", ENGINE)
    assert rule.needs <= facts.keys()
    seen = Snapshot.of(rule.look(facts))
    outcome = rule.judge(seen, NOW)
    assert rule.judge(Snapshot.read(seen.text), NOW) == outcome, "its evidence gives the same"
    assert outcome.message
    return outcome.status


def a_version(name: str = "a", **metrics: float) -> dict[str, Any]:
    measurements = [{"name": metric, "value": value} for metric, value in metrics.items()]
    return {"id": name, "reference": f"fraud/scorer:{name}", "measurements": measurements}


def ago(**span: float) -> str:
    return (NOW - timedelta(**span)).isoformat()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("metrics.auc >= 0.9", PASSED),
        ("metrics.auc > 0.95", FAILED),
        ("metrics.recall > 0.1", ERROR),
        ("metrics.auc >= 1", ERROR),
        ("metrics.recall > 0.1 || true", PASSED),
    ],
)
def test_an_expression_is_true_or_blocks(expression: str, expected: GateStatus) -> None:
    assert status(a_gate("cel", expression=expression), metrics={"auc": 0.9}) is expected


def test_an_expression_that_holds_still_says_which_references_are_missing() -> None:
    rule = rule_of(a_gate("cel", expression="metrics.recall > 0.1 || true"), "Production", ENGINE)
    outcome = rule.judge(Snapshot.of(rule.look({"metrics": {}})), NOW)
    assert outcome.evidence["missing"] == ["metrics.recall"]
    assert "not on record: metrics.recall" in outcome.message


def test_an_expression_sees_only_the_members_that_it_names() -> None:
    rule = rule_of(a_gate("cel", expression="has(card.bias) || version.tags.ok == 'yes'"), "Production", ENGINE)
    facts: dict[str, Any] = {
        "card": {"bias": 1, "overview": 2},
        "version": {"tags": {"ok": "yes"}, "number": 1},
        "model": {},
    }
    assert rule.look(facts) == {"card": {"bias": 1}, "version": {"tags": {"ok": "yes"}}}


@pytest.mark.parametrize(
    ("config", "ours", "theirs", "expected"),
    [
        ({}, 0.9, 0.8, PASSED),
        ({}, 0.8, 0.8, PASSED),
        ({}, 0.7, 0.8, FAILED),
        ({"min_delta": 0.1}, 0.9, 0.8, PASSED),
        ({"min_delta": 0.11}, 0.9, 0.8, FAILED),
        ({"min_delta": -0.1}, 0.7, 0.8, PASSED),
        ({"higher_is_better": False}, 0.7, 0.8, PASSED),
        ({"higher_is_better": False}, 0.9, 0.8, FAILED),
        ({}, 1.0, 0.5, PASSED),
        ({"dataset": "test"}, 0.9, 0.8, FAILED),
    ],
)
def test_a_metric_is_compared_in_decimals(config: Any, ours: float, theirs: float, expected: GateStatus) -> None:  # noqa: ANN401 - JSON
    gate = a_gate("metric_compare", metric="auc", against="champion", **config)
    holder = {"holder:champion": a_version("b", auc=theirs)}
    assert status(gate, version=a_version(auc=ours), **holder) is expected


def test_a_metric_without_its_counterpart() -> None:
    gate = a_gate("metric_compare", metric="auc")
    ours = a_version(auc=0.9)
    assert status(gate, version=ours, **{"holder:Production": None}) is PASSED
    assert status(gate, version=ours, **{"holder:Production": ours}) is PASSED
    assert status(gate, version=ours, **{"holder:Production": a_version("b")}) is ERROR
    assert status(gate, version=a_version(), **{"holder:Production": a_version("b", auc=0.1)}) is FAILED


def test_of_measurements_during_training_the_final_one_is_compared() -> None:
    steps = [{"name": "auc", "value": value, "step": step} for step, value in ((2, 0.9), (1, 0.99))]
    version = a_version() | {"measurements": steps}
    gate = a_gate("metric_compare", metric="auc", against="champion", min_delta=0.05)
    assert status(gate, version=version, **{"holder:champion": a_version("b", auc=0.9)}) is FAILED


@pytest.mark.parametrize(
    ("of", "facts", "expected"),
    [
        ("version", {"version": {"created_at": ago(days=3)}}, PASSED),
        ("version", {"version": {"created_at": ago(days=8)}}, FAILED),
        ("evaluation", {"evaluation": {"at": ago(days=7)}}, PASSED),
        ("evaluation", {"evaluation": None}, FAILED),
        ("scan", {"scan": None}, FAILED),
        ("card", {"card_state": {"at": ago(days=7, seconds=1)}}, FAILED),
    ],
)
def test_what_is_too_old_or_has_no_date_does_not_hold(of: str, facts: Any, expected: GateStatus) -> None:  # noqa: ANN401 - JSON
    assert status(a_gate("max_age", of=of, age="7d"), **facts) is expected


@pytest.mark.parametrize(
    ("require", "record", "expected"),
    [
        ("training_data", {"training_data": [{"name": "txn", "digest": DIGEST}]}, PASSED),
        ("training_data", {"training_data": [{"name": "txn", "digest": DIGEST}, {"uri": "s3://b/x"}]}, FAILED),
        ("training_data", {"training_data": []}, FAILED),
        ("training_code", {"training_code": {"repository": "r", "commit": "c0ffee"}}, PASSED),
        ("training_code", {"training_code": {"commit": "c0ffee", "dirty": True}}, FAILED),
        ("training_code", {"training_code": None}, FAILED),
        ("environment", {"environment": {"lock_file": "uv.lock"}}, PASSED),
        ("environment", {"environment": {"image": f"r.example/x@{DIGEST}"}}, PASSED),
        ("environment", {"environment": {"image": "r.example/x:latest"}}, FAILED),
        ("hyperparameters", {"parameters": {"depth": 3}}, PASSED),
        ("hyperparameters", {"parameters": {}}, FAILED),
        ("parents", {"parents": [{"reference": "fraud/base:1.0.0", "version_id": "v", "relation": "merged"}]}, PASSED),
        ("parents", {"parents": [{"reference": "hf://bert", "relation": "merged"}]}, FAILED),
        ("parents", {"parents": []}, FAILED),
    ],
)
def test_origin_is_on_record_by_digest(require: str, record: Any, expected: GateStatus) -> None:  # noqa: ANN401 - JSON
    assert status(a_gate("lineage_present", require=[require]), version=record) is expected


def test_a_card_fulfils_a_schema() -> None:
    gate = a_gate("card_schema", schema={"required": ["risk"], "properties": {"risk": {"required": ["rating"]}}})
    assert status(gate, card={"risk": {"rating": "low"}}) is PASSED
    assert status(gate, card={"risk": {}}) is FAILED
    assert status(gate, card={}) is FAILED


def test_a_card_that_breaks_a_schema_is_told_where() -> None:
    gate = a_gate("card_schema", schema={"properties": {"risk": {"items": {"type": "string"}}}})
    rule = rule_of(gate, "Production", ENGINE)
    found = rule.judge(Snapshot.of(rule.look({"card": {"risk": ["low", 1]}})), NOW)
    assert "$.risk[1]: 1 is not of type" in found.message


def test_a_refused_schema_decides_nothing() -> None:
    gate = a_gate("card_schema", schema={"$ref": "https://example.com/x"})
    assert status(gate, card={"risk": 1}) is ERROR


def test_a_card_is_complete_for_a_framework() -> None:
    gate = a_gate("card_schema", framework="nist-ai-rmf", minimum_score=80)
    name = "card_score:nist-ai-rmf"
    scored: dict[str, Json] = {"missing": ["risk"]}
    assert status(gate, card={"x": 1}, **{name: scored | {"percent": 80}}) is PASSED
    assert status(gate, card={"x": 1}, **{name: scored | {"percent": 79}}) is FAILED
    assert status(gate, card={"x": 1}, **{name: None}) is ERROR


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [("pass", PASSED), ("inconclusive", FAILED), ("suspicious", FAILED), ("malicious", FAILED), ("", FAILED)],
)
def test_only_an_explicit_pass_of_the_scan_passes(verdict: str, expected: GateStatus) -> None:
    scan = {"verdict": verdict, "scanned_at": ago(days=1)}
    assert status(a_gate("scan_pass"), scan=scan) is expected
    assert status(a_gate("scan_pass", max_age="2d"), scan=scan) is expected
    assert status(a_gate("scan_pass", max_age="12h"), scan=scan) is FAILED


def of_format(name: str = "safetensors", policy: str = "data-only", **more: Json) -> dict[str, Json]:
    """Return the fact about the formats of a version."""
    return {"format": name, "formats": [name], "policy": policy, "unread": [], **more}


@pytest.mark.parametrize(
    ("config", "found", "expected"),
    [
        ({}, of_format(), PASSED),
        ({}, of_format("pickle", "code-capable"), FAILED),
        ({"data_only": True, "formats": ["onnx", "safetensors"]}, of_format(), PASSED),
        ({"formats": ["onnx"]}, of_format(), FAILED),
        ({"formats": ["safetensors"]}, of_format(formats=["numpy", "safetensors"]), FAILED),
        ({"data_only": False, "formats": ["pickle"]}, of_format("pickle", "code-capable"), PASSED),
        ({"data_only": False, "formats": ["pickle"]}, of_format("pytorch", "code-capable"), FAILED),
        ({}, None, PENDING),
    ],
)
def test_formats_are_those_that_hold_data_only_or_are_listed(
    config: Any,  # noqa: ANN401 - JSON
    found: Json,
    expected: GateStatus,
) -> None:
    assert status(a_gate("format", **config), format=found) is expected


@pytest.mark.parametrize(
    "found",
    [
        of_format("unknown", formats=[]),
        of_format(policy="unknown"),
        of_format(unread=["model.safetensors"]),
    ],
)
@pytest.mark.parametrize(
    "config", [{}, {"formats": ["safetensors", "unknown"]}, {"data_only": False, "formats": ["safetensors", "unknown"]}]
)
def test_what_is_not_known_of_formats_blocks_whatever_is_listed(config: Any, found: Json) -> None:  # noqa: ANN401 - JSON
    assert status(a_gate("format", **config), format=found) is ERROR


def test_a_scan_that_was_not_made_is_awaited() -> None:
    assert status(a_gate("scan_pass"), scan=None) is PENDING


def test_a_signature_is_of_a_key_or_an_identity_that_is_named() -> None:
    signed: list[Json] = [{"key_name": "release", "identity": None}, {"key_name": "ca", "identity": "ci@example.com"}]
    assert status(a_gate("signature"), signatures=signed) is PASSED
    assert status(a_gate("signature"), signatures=[]) is FAILED
    assert status(a_gate("signature", keys=["release"]), signatures=signed) is PASSED
    assert status(a_gate("signature", identities=["ci@example.com"]), signatures=signed) is PASSED
    assert status(a_gate("signature", keys=["other"], identities=["x"]), signatures=signed) is FAILED


def test_approvals_are_counted_by_distinct_people_in_the_role() -> None:
    gate = a_gate("approval", role="LEGAL", approvals=2)
    ann: dict[str, Json]
    bob: dict[str, Json]
    ann, bob = {"by": "ann", "role": "LEGAL"}, {"by": "bob", "role": "LEGAL"}
    assert status(gate, approvals=None) is PENDING
    assert status(gate, approvals=[ann, ann]) is PENDING
    assert status(gate, approvals=[ann, bob | {"role": "SECURITY"}]) is PENDING
    assert status(gate, approvals=[ann, bob]) is PASSED


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (None, PENDING),
        ({"passed": None, "posted_at": None, "expires_at": ago(days=-1)}, PENDING),
        ({"passed": None, "posted_at": None, "expires_at": ago(days=1)}, PENDING),
        ({"passed": True, "posted_at": ago(days=6), "expires_at": ago(days=5)}, PASSED),
        ({"passed": True, "posted_at": ago(days=8), "expires_at": ago(days=5)}, PENDING),
        ({"passed": False, "posted_at": ago(days=6), "expires_at": ago(days=5)}, FAILED),
    ],
)
def test_another_system_answers_in_time(check: Any, expected: GateStatus) -> None:  # noqa: ANN401 - JSON
    assert status(a_gate("external"), **{"external:a_gate": check}) is expected


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_metric_that_is_no_number_is_refused_by_name(number: float) -> None:
    with pytest.raises(UnusableFactsError, match="metric auc is not a finite number"):
        Snapshot.of({"metrics": {"auc": number}})


def nested(depth: int) -> Any:  # noqa: ANN401 - JSON
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [nested(100_000), "\ud800", {"a": 2**70}, "x" * MAX_SNAPSHOT])
def test_what_cannot_be_evidence_is_refused(value: object) -> None:
    with pytest.raises(UnusableFactsError):
        Snapshot.of({"card": value})  # type: ignore[dict-item]  # what it is for


@pytest.mark.parametrize(
    ("gate", "codes"),
    [
        (a_gate("cel", expression="metrics.auc >= 0.9"), []),
        (a_gate("cel", expression="metrics.auc >= 1"), ["invalid_expression"]),
        (a_gate("card_schema", schema={"type": "object"}), []),
        (a_gate("card_schema", schema={"type": "objekt"}), ["invalid_schema"]),
        (a_gate("card_schema", schema={"$ref": "https://example.com/x"}), ["refused_keyword"]),
        (a_gate("card_schema", schema={"properties": {"pattern": {"pattern": "(a+)+$"}}}), ["refused_keyword"]),
        (a_gate("card_schema", schema={"anyOf": [{"not": {"$ref": "#"}}]}), ["refused_keyword"]),
        (a_gate("card_schema", schema={"const": {"pattern": 1}, "properties": {"$ref": {}}}), []),
        (a_gate("card_schema", schema={"type": "object"}, minimum_score=3), ["useless_score"]),
        (a_gate("scan_pass"), []),
        (a_gate("format"), []),
        (a_gate("format", data_only=False, formats=["onnx"]), []),
        (a_gate("format", data_only=False), ["any_format"]),
    ],
)
def test_what_is_wrong_with_a_configuration_is_named(gate: Gate, codes: list[str]) -> None:
    assert [finding.code for finding in check_config(gate, ENGINE)] == codes


def a_result(gate: Gate, status: GateStatus = PASSED, value: int = 1) -> GateResult:
    seen = Snapshot.of({"value": value})
    return GateResult(gate, status, status, "", {}, seen, config_digest(gate), timedelta())


def test_the_digest_of_an_evaluation_changes_with_what_was_asked_found_or_seen() -> None:
    gate = a_gate("scan_pass")
    results = [
        a_result(gate),
        a_result(gate, FAILED),
        a_result(gate, value=2),
        a_result(a_gate("scan_pass", max_age="1d")),
        a_result(Gate("other", GateKind.SCAN_PASS)),
    ]
    assert len({Evaluation.of((result,)).digest for result in results}) == len(results)


def test_the_digest_of_an_evaluation_is_free_of_order_and_of_the_votes_themselves() -> None:
    scan, other = a_result(a_gate("scan_pass")), a_result(Gate("other", GateKind.MAX_AGE))
    vote = a_result(Gate("votes", GateKind.APPROVAL), PENDING)
    assert Evaluation.of((scan, other)).digest == Evaluation.of((vote, other, scan)).digest


def test_a_gate_that_warns_never_stops_a_move() -> None:
    warns = Gate("warns", GateKind.CEL, Severity.WARN)
    for found in GateStatus:
        blocks = a_result(a_gate("cel"), found)
        assert blocks.blocks is (found not in (GateStatus.PASSED, GateStatus.WAIVED))
        assert not a_result(warns, found).blocks
    assert Evaluation.of((a_result(warns, ERROR),)).is_open
