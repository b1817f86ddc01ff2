"""Checks by other systems within one transaction."""

from typing import Final

from sqlalchemy import bindparam, insert, select, update

from modelkeep.domains.governance.domain.external_checks import Answer, ExternalCheck
from modelkeep.domains.governance.tables.gates import EXTERNAL_CHECK
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import AnyRow, Transaction

_CHECKS: Final = select(*EXTERNAL_CHECK.c)
_LOCKED: Final = _CHECKS.where(EXTERNAL_CHECK.c.id == bindparam("check_id")).with_for_update()
_NEWEST: Final = (
    _CHECKS.where(
        EXTERNAL_CHECK.c.version_id == bindparam("checked_version"), EXTERNAL_CHECK.c.gate_id == bindparam("of_gate")
    )
    .order_by(EXTERNAL_CHECK.c.id.desc())
    .limit(1)
)


class ExternalCheckRepository:
    """Checks within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def add(self, check: ExternalCheck) -> None:
        """Store a question."""
        values = {
            "id": check.id,
            "gate_id": check.gate_id,
            "version_id": check.version_id,
            "reference": check.reference,
            "token_hash": check.token_hash,
            "asked_at": check.asked_at,
            "asked_by": check.asked_by,
            "expires_at": check.expires_at,
            "details": "",
        }
        self._session.execute(insert(EXTERNAL_CHECK), values)

    def find(self, identity: str) -> ExternalCheck | None:
        """Return a check, locked until the transaction ends."""
        row = self._session.execute(_LOCKED, {"check_id": identity}).one_or_none()
        return None if row is None else _check(row)

    def newest(self, version_id: str, gate_id: str) -> ExternalCheck | None:
        """Return the newest check of a version for a gate."""
        row = self._session.execute(_NEWEST, {"checked_version": version_id, "of_gate": gate_id}).one_or_none()
        return None if row is None else _check(row)

    def save(self, check: ExternalCheck) -> None:
        """Store the answer."""
        answer = check.answer or Answer(passed=False)
        answered = update(EXTERNAL_CHECK).where(EXTERNAL_CHECK.c.id == check.id)
        values = {"passed": answer.passed, "details": answer.details, "posted_at": check.posted_at}
        self._session.execute(answered, values)


def _check(row: AnyRow) -> ExternalCheck:
    return ExternalCheck(
        id=row.id,
        gate_id=row.gate_id,
        version_id=row.version_id,
        reference=row.reference,
        token_hash=row.token_hash,
        asked_at=row.asked_at,
        asked_by=PrincipalId(row.asked_by),
        expires_at=row.expires_at,
        answer=None if row.passed is None else Answer(row.passed, row.details),
        posted_at=row.posted_at,
    )
