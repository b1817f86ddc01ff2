"""The gates of a move, evaluated with what the registry knows of a version."""

import pickle
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from tests.builders import a_model, a_version
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.cards import load_frameworks
from modelkeep.domains.catalog import DataRef, Metric, ModelVersion, VersionRecord
from modelkeep.domains.governance import Evaluation, Gate, GateEvaluator, GateKind, GateStatus, Move, fact_sources
from modelkeep.domains.governance.service.gates.cel_engine import CelEngine
from modelkeep.domains.governance.service.gates.sources import CATALOG_FACTS
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Exact, Reference

DIGEST = "sha256:" + "a" * 64
RECORD = VersionRecord(
    metrics=(Metric("auc", 0.93), Metric("auc", 0.7, dataset="holdout"), Metric("loss", 0.2, step=1)),
    training_data=(DataRef(name="txn", digest=DIGEST),),
    tags={"reviewed": "yes"},
)


def a_gate(kind: str, name: str = "a_gate", **config: Json) -> Gate:
    return Gate(name, GateKind(kind), config=config)


def evaluated(services: Services, version: ModelVersion, clock: ManualClock, *gates: Gate) -> Evaluation:
    evaluator = GateEvaluator(CelEngine(), CATALOG_FACTS)
    with services.access.database.snapshot() as tx:
        return evaluator.evaluate(tx, version, Move("Draft", "Production", gates=gates), clock())


@pytest.fixture
def version(services: Services, admin: Actor) -> ModelVersion:
    a_model(services, admin, task="fraud")
    return a_version(services, admin, record=RECORD)


@pytest.mark.parametrize(
    ("expression", "status"),
    [
        ("metrics.auc >= 0.9", GateStatus.PASSED),
        ("metrics.loss < 0.5", GateStatus.PASSED),
        ("metrics.recall > 0.5", GateStatus.ERROR),
        ("version.measurements.exists(m, has(m.dataset) && m.dataset == 'holdout' && m.value >= 0.9)", "failed"),
        ("version.tags.reviewed == 'yes' && version.number == 1", GateStatus.PASSED),
        ("model.task == 'fraud' && model.namespace == 'fraud'", GateStatus.PASSED),
        ("target_stage == 'Production' && current == null", GateStatus.PASSED),
        ("now - timestamp(version.created_at) < duration('1h')", GateStatus.PASSED),
    ],
)
def test_expressions_see_what_is_on_record(
    services: Services, version: ModelVersion, clock: ManualClock, expression: str, status: str
) -> None:
    (result,) = evaluated(services, version, clock, a_gate("cel", expression=expression)).results
    assert result.status == status, result.message


def test_a_version_is_compared_with_who_holds_an_alias(
    services: Services, admin: Actor, version: ModelVersion, clock: ManualClock
) -> None:
    services.aliases.set(admin, version.model, "champion", Exact(version.version), seen=None)
    worse = a_version(services, admin, record=VersionRecord(metrics=(Metric("auc", 0.92),)))
    gate = a_gate("metric_compare", metric="auc", against="champion")
    assert evaluated(services, worse, clock, gate).results[0].status is GateStatus.FAILED
    assert evaluated(services, version, clock, gate).results[0].status is GateStatus.PASSED


def test_an_evaluation_grows_old_until_it_is_repeated(
    services: Services, admin: Actor, version: ModelVersion, clock: ManualClock
) -> None:
    gate = a_gate("max_age", of="evaluation", age="7d")
    clock.advance(timedelta(days=8))
    assert evaluated(services, version, clock, gate).results[0].status is GateStatus.FAILED
    services.versions.log_metrics(admin, version.model, Exact(version.version), (Metric("auc", 0.94),))
    assert evaluated(services, version, clock, gate).results[0].status is GateStatus.PASSED


def test_what_this_registry_does_not_keep_blocks(services: Services, version: ModelVersion, clock: ManualClock) -> None:
    found = evaluated(services, version, clock, a_gate("scan_pass"))
    assert found.results[0].status is GateStatus.ERROR
    assert not found.is_open


def test_the_digest_stays_while_nothing_that_a_gate_sees_changes(
    services: Services, admin: Actor, version: ModelVersion, clock: ManualClock
) -> None:
    gates = (
        a_gate("cel", expression="metrics.auc > 0.5"),
        a_gate("lineage_present", "origin", require=["training_data"]),
    )
    before = evaluated(services, version, clock, *gates)
    clock.advance(timedelta(days=1))
    a_version(services, admin)
    assert evaluated(services, version, clock, *gates).digest == before.digest
    assert evaluated(services, version, clock, gates[0]).digest != before.digest


def test_the_card_is_read_once_and_only_for_gates_that_look_into_it(
    services: Services, admin: Actor, version: ModelVersion, clock: ManualClock
) -> None:
    about = Reference.parse(version.reference)
    services.cards.cards.edit(admin, about, {"schema_version": "1.0", "overview": {"description": "Scores."}}, seen=0)
    read: list[str] = []

    def keep(*call: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        read.extend(["card"] if "cards_revision.document" in call[2] else [])

    gates = [a_gate("max_age", of="card", age="7d")]
    evaluator = GateEvaluator(CelEngine(), fact_sources(load_frameworks()))
    reader = services.access.database._engines.reader
    event.listen(reader, "before_cursor_execute", keep)
    try:
        with services.access.database.snapshot() as tx:
            evaluator.evaluate(tx, version, Move("Draft", "Production", gates=tuple(gates)), clock())
            assert read == []
            gates += [a_gate("card_schema", name, framework=name) for name in ("nist-ai-rmf", "sr-26-2")]
            gates.append(a_gate("cel", "looks", expression="card.overview.description == 'Scores.'"))
            results = evaluator.evaluate(tx, version, Move("Draft", "Production", gates=tuple(gates)), clock()).results
    finally:
        event.remove(reader, "before_cursor_execute", keep)
    assert (results[0].status, results[3].status) == (GateStatus.PASSED, GateStatus.PASSED)
    assert read == ["card"]


def test_a_version_is_judged_by_the_formats_that_its_inspection_found(
    services: Services, admin: Actor, clock: ManualClock
) -> None:
    a_model(services, admin)
    safe, listed = a_gate("format"), a_gate("format", "listed", data_only=False, formats=["safetensors"])
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    weights = {"model.safetensors": len(header).to_bytes(8, "little") + header + bytes(4), "README.md": b"# Scorer"}
    plain = a_version(services, admin, files=weights)
    beside = a_version(services, admin, files=weights | {"scaler.pkl": pickle.dumps({"mean": 0.5})})
    odd = a_version(services, admin, files=weights | {"model.xyz": b"\x01\x02"})
    move, evaluator = Move("Draft", "Production", gates=(safe, listed)), services.governance.gates.evaluator

    def said(one: ModelVersion) -> list[str]:
        with services.access.database.snapshot() as tx:
            return [result.status for result in evaluator.evaluate(tx, one, move, clock()).results]

    found = {}
    for one in (plain, beside, odd):
        assert said(one) == ["pending", "pending"]
        services.inspections.inspect(admin, one.reference, one.manifest_digest)
        found[one.id] = said(one)
    assert found == {plain.id: ["passed", "passed"], beside.id: ["failed", "failed"], odd.id: ["error", "error"]}
