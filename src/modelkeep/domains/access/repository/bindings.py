"""Bindings within one transaction."""

from datetime import datetime

from sqlalchemy import insert, select, update

from modelkeep.domains.access.domain.bindings import Binding, Subject, SubjectType
from modelkeep.domains.access.domain.scopes import Scope
from modelkeep.domains.access.tables import BINDING
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import AnyRow, AnySelect, Transaction

BINDINGS: AnySelect = select(
    BINDING.c.id,
    BINDING.c.subject_type,
    BINDING.c.subject_id,
    BINDING.c.role,
    BINDING.c.scope,
    BINDING.c.stage,
    BINDING.c.expires_at,
    BINDING.c.reason,
    BINDING.c.since,
    BINDING.c.granted_by,
    BINDING.c.until,
    BINDING.c.ended_by,
)
_CURRENT = BINDINGS.where(BINDING.c.until.is_(None))


class BindingRepository:
    """Bindings within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def add(self, binding: Binding) -> None:
        """Store a new binding."""
        values = {
            "id": binding.id,
            "subject_type": binding.subject.type.value,
            "subject_id": binding.subject.id,
            "role": binding.role,
            "scope": str(binding.scope),
            "namespace": binding.scope.namespace,
            "stage": binding.stage,
            "reason": binding.reason,
            "expires_at": binding.expires_at,
            "since": binding.since,
            "granted_by": binding.granted_by,
        }
        self._session.execute(insert(BINDING), values)

    def in_namespace(self, name: str) -> tuple[Binding, ...]:
        """Return the bindings on a namespace and on models in it that nobody has ended."""
        rows = self._session.execute(_CURRENT.where(BINDING.c.namespace == name).order_by(BINDING.c.id))
        return tuple(build_binding(row) for row in rows)

    def of_subject(self, subject_id: str) -> tuple[Binding, ...]:
        """Return the bindings of a subject that nobody has ended."""
        rows = self._session.execute(_CURRENT.where(BINDING.c.subject_id == subject_id).order_by(BINDING.c.id))
        return tuple(build_binding(row) for row in rows)

    def end(self, ids: list[str], by: PrincipalId, at: datetime) -> None:
        """End bindings."""
        self._session.execute(update(BINDING).where(BINDING.c.id.in_(ids)).values(until=at, ended_by=by))


def build_binding(row: AnyRow) -> Binding:
    """Return the binding in a row of `BINDINGS`."""
    return Binding(
        id=row.id,
        subject=Subject(SubjectType(row.subject_type), row.subject_id),
        role=row.role,
        scope=Scope(row.scope),
        stage=row.stage,
        expires_at=row.expires_at,
        reason=row.reason,
        since=row.since,
        granted_by=PrincipalId(row.granted_by),
        until=row.until,
        ended_by=None if row.ended_by is None else PrincipalId(row.ended_by),
    )
