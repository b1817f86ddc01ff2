"""Evaluations and their evidence within one transaction."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import groupby
from typing import Any, Final, cast

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.governance.domain.gates.facts import Snapshot
from modelkeep.domains.governance.domain.gates.outcomes import GateResult, GateStatus
from modelkeep.domains.governance.domain.gates.records import StoredEvaluation
from modelkeep.domains.governance.domain.policies import Gate, GateKind, Severity
from modelkeep.domains.governance.tables.gates import EVALUATION, EVIDENCE
from modelkeep.kernel.canonical_json import canonical_json, parse_json
from modelkeep.kernel.digests import Digest
from modelkeep.platform.database import AnyRow, Transaction

_MOST: Final = 1024 * 1024
_ASKED: Final = EVIDENCE.alias()
_SEEN: Final = EVIDENCE.alias()
_KEEP: Final = {
    "sqlite": sqlite.insert(EVIDENCE).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(EVIDENCE).on_conflict_do_nothing(),
}
_ADD: Final = insert(EVALUATION)
_KEPT: Final = (
    select(*EVALUATION.c, _ASKED.c.text.label("asked_text"), _SEEN.c.text.label("seen_text"))
    .join(_ASKED, _ASKED.c.digest == EVALUATION.c.asked)
    .join(_SEEN, _SEEN.c.digest == EVALUATION.c.seen)
    .order_by(EVALUATION.c.id, EVALUATION.c.place)
)
_ONE: Final = _KEPT.where(EVALUATION.c.id == bindparam("evaluation_id"))
_OF_VERSION: Final = _KEPT.where(EVALUATION.c.version_id == bindparam("version_id"))


class EvaluationRepository:
    """Evaluations within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session, self._dialect = tx.session, tx.dialect

    def add(self, evaluation: StoredEvaluation) -> None:
        """Store an evaluation; what is kept already of the same digest is not kept twice."""
        texts: dict[str, str] = {}
        rows = [_row(evaluation, place, result, texts) for place, result in enumerate(evaluation.results)]
        if rows:
            kept = [{"digest": digest, "text": texts[digest]} for digest in sorted(texts)]
            self._session.execute(_KEEP[self._dialect], kept)
            self._session.execute(_ADD, rows)

    def of_version(self, version_id: str) -> tuple[StoredEvaluation, ...]:
        """Return all evaluations of a version, in the order of their ids."""
        rows = self._session.execute(_OF_VERSION, {"version_id": version_id})
        return tuple(_evaluation(tuple(group)) for _, group in groupby(rows, key=lambda row: row.id))

    def find(self, identity: str) -> StoredEvaluation | None:
        """Return an evaluation by its id."""
        rows = tuple(self._session.execute(_ONE, {"evaluation_id": identity}))
        return _evaluation(rows) if rows else None


def _row(evaluation: StoredEvaluation, place: int, result: GateResult, texts: dict[str, str]) -> dict[str, Any]:
    """Return the row of a result, and put the evidence that it names into `texts`."""
    asked = canonical_json({"kind": result.gate.kind.value, "config": result.gate.config}).decode()
    texts[str(result.config_digest)] = asked
    texts[str(result.snapshot.digest)] = result.snapshot.text
    return {
        "id": evaluation.id,
        "gate_id": result.gate.id,
        "place": place,
        "version_id": evaluation.version_id,
        "request_id": evaluation.request_id,
        "digest": str(evaluation.digest),
        "at": evaluation.at,
        "source": evaluation.source,
        "target": evaluation.target,
        "kind": result.gate.kind.value,
        "severity": result.gate.severity.value,
        "status": result.status.value,
        "found": result.found.value,
        "message": result.message,
        "evidence": dict(result.evidence),
        "asked": str(result.config_digest),
        "seen": str(result.snapshot.digest),
        "duration_us": result.duration // timedelta(microseconds=1),
        "waiver_id": result.waiver_id,
    }


def _evaluation(rows: tuple[AnyRow, ...]) -> StoredEvaluation:
    first = rows[0]
    return StoredEvaluation(
        id=first.id,
        version_id=first.version_id,
        request_id=first.request_id,
        source=first.source,
        target=first.target,
        at=first.at,
        digest=Digest.parse(first.digest),
        results=tuple(map(_result, rows)),
    )


def _result(row: AnyRow) -> GateResult:
    asked = cast("Mapping[str, Any]", parse_json(row.asked_text.encode(), max_bytes=_MOST))
    gate = Gate(row.gate_id, GateKind(row.kind), Severity(row.severity), config=asked["config"])
    return GateResult(
        gate=gate,
        status=GateStatus(row.status),
        found=GateStatus(row.found),
        message=row.message,
        evidence=row.evidence,
        snapshot=Snapshot.read(row.seen_text),
        config_digest=Digest.parse(row.asked),
        duration=timedelta(microseconds=row.duration_us),
        waiver_id=row.waiver_id,
    )
