"""What an evaluation rested on is kept, and gives the same result again."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from tests.builders import a_model, a_version
from tests.gates import CEL, EXTERNAL, govern
from tests.registries import ManualClock
from tests.service.governance.promoting import Office

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import DataRef, Metric, ModelVersion, VersionRecord
from modelkeep.domains.governance import (
    Evaluation,
    Gate,
    GateKind,
    GateStatus,
    Move,
    StoredEvaluation,
    stored_evaluation,
)
from modelkeep.domains.governance.operations.evaluations import EvaluationNotFoundError
from modelkeep.domains.governance.service.gates.cel_engine import CelEngine
from modelkeep.domains.governance.service.gates.evaluation import Occasion, keep_evaluation
from modelkeep.domains.governance.tables.gates import EVIDENCE
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import new_id
from modelkeep.kernel.references import Exact

GATES = (
    Gate("good", GateKind.CEL, config=CEL["config"]),
    Gate("recent", GateKind.CEL, config={"expression": "now - timestamp(version.created_at) < duration('1h')"}),
    Gate("gaps", GateKind.CEL, config={"expression": "metrics.recall > 0.5 || metrics.auc > 1.0"}),
    Gate("better", GateKind.METRIC_COMPARE, config={"metric": "auc", "min_delta": 0.1}),
    Gate("fresh", GateKind.MAX_AGE, config={"of": "version", "age": "30m"}),
    Gate("origin", GateKind.LINEAGE_PRESENT, config={"require": ["training_data"]}),
    Gate("card", GateKind.CARD_SCHEMA, config={"schema": {"type": "object"}}),
    Gate("signed", GateKind.SIGNATURE),
    Gate(EXTERNAL["id"], GateKind.EXTERNAL),
)
MOVE = Move("Draft", "Production", gates=GATES)


@pytest.fixture
def version(services: Services, admin: Actor) -> ModelVersion:
    a_model(services, admin)
    record = VersionRecord(metrics=(Metric("auc", 1.0),), training_data=(DataRef(name="txn"),))
    return a_version(services, admin, record=record)


def kept(
    services: Services, actor: Actor, version: ModelVersion, clock: ManualClock
) -> tuple[Evaluation, StoredEvaluation]:
    """Evaluate and keep; return what was found, and what is read of it again."""
    evaluator = services.governance.gates.evaluator
    now, identity = clock(), new_id()
    with services.access.database.transaction() as tx:
        found = evaluator.evaluate(tx, version, MOVE, now)
        keep_evaluation(tx, version, found, Occasion(identity, MOVE, now))
        tx.record(Event("catalog.namespace_deleted", "empty", actor, now))
    with services.access.database.snapshot() as tx:
        return found, stored_evaluation(tx, identity)


def test_what_was_kept_gives_the_same_again_whatever_has_changed_since(
    services: Services, admin: Actor, version: ModelVersion, clock: ManualClock
) -> None:
    found, stored = kept(services, admin, version, clock)
    services.versions.log_metrics(admin, version.model, Exact(version.version), (Metric("auc", 0.1),))
    clock.advance(timedelta(days=40))
    assert stored.digest == found.digest
    for result, original in zip(stored.results, found.results, strict=True):
        outcome = stored.replay(result, CelEngine())
        assert (outcome.status, outcome.message) == (original.found, original.message)
        assert dict(outcome.evidence) == dict(result.evidence)
        assert result.snapshot == original.snapshot
        assert result.config_digest == original.config_digest
    assert len({result.status for result in stored.results}) >= 4, "gates of every sort are among them"


def test_the_same_evidence_is_kept_once(
    services: Services, admin: Actor, version: ModelVersion, clock: ManualClock
) -> None:
    kept(services, admin, version, clock)
    count = select(func.count()).select_from(EVIDENCE)
    with services.access.database.snapshot() as tx:
        before = tx.session.execute(count).scalar_one()
    kept(services, admin, version, clock)
    with services.access.database.snapshot() as tx:
        assert tx.session.execute(count).scalar_one() == before


def test_what_gates_said_when_a_version_moved_is_kept_under_its_request(services: Services, admin: Actor) -> None:
    office = Office.opened(services, admin)
    govern(services, admin, CEL)
    version = office.version(VersionRecord(metrics=(Metric("auc", 0.95),)))
    request = office.request(version, "Production").value.request
    with services.access.database.snapshot() as tx, pytest.raises(EvaluationNotFoundError):
        stored_evaluation(tx, request.id)
    office.promote(request.id)
    with services.access.database.snapshot() as tx:
        kept = stored_evaluation(tx, request.id)
    (result,) = kept.results
    assert (kept.version_id, kept.target, result.gate_id, result.status) == (
        version.id,
        "Production",
        "good",
        GateStatus.PASSED,
    )
    assert kept.replay(result, CelEngine()).status is GateStatus.PASSED
