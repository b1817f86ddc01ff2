"""Bindings within one transaction."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, or_, select, update

from modelkeep.domains.access.domain.bindings import Binding, BindingQuery, Subject, SubjectType
from modelkeep.domains.access.domain.scopes import Scope
from modelkeep.domains.access.repository.intervals import held_at
from modelkeep.domains.access.repository.predicate import SUBJECTS, Values, permitted_where
from modelkeep.domains.access.tables import BINDING
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, AnySelect, Transaction
from modelkeep.platform.database.lists import BoundSelect, OrderKey, fetch_page

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
_READABLE = permitted_where(namespace=BINDING.c.namespace, model=BINDING.c.scope)
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

    def find(self, binding_id: str) -> Binding | None:
        """Return a binding, ended or not, or None."""
        row = self._session.execute(BINDINGS.where(BINDING.c.id == binding_id)).one_or_none()
        return None if row is None else build_binding(row)

    def current(self, subject: Subject, role: str, scope: Scope, stage: str) -> Binding | None:
        """Return the binding that gives a subject the role there and that nobody has ended, or None."""
        row = self._session.execute(
            _CURRENT.where(
                BINDING.c.subject_id == subject.id,
                BINDING.c.role == role,
                BINDING.c.scope == str(scope),
                BINDING.c.stage == stage,
            )
        ).one_or_none()
        return None if row is None else build_binding(row)

    def of_subject(self, *subject_ids: str) -> tuple[Binding, ...]:
        """Return the bindings of a principal or a group, or of several, that nobody has ended."""
        rows = self._session.execute(_CURRENT.where(BINDING.c.subject_id.in_(subject_ids)).order_by(BINDING.c.id))
        return tuple(build_binding(row) for row in rows)

    def list(self, query: BindingQuery, request: PageRequest, values: Values) -> Page[Binding]:
        """Return one page of bindings that the actor may read (`grant.read` on their scope), or that are its own."""
        rows = BINDINGS.add_columns(BINDING.c.id.label("place"), BINDING.c.id.label("identity")).where(
            or_(_READABLE, BINDING.c.subject_id.in_(SUBJECTS)), *_conditions(query)
        )
        return fetch_page(
            self._session,
            BoundSelect(rows, values),
            request=request,
            scope=f"bindings {query}",
            order=(OrderKey(BINDING.c.id, str), BINDING.c.id, False),
            build=build_binding,
        )

    def in_namespace(self, name: str) -> tuple[Binding, ...]:
        """Return the bindings on a namespace and on models in it that nobody has ended."""
        rows = self._session.execute(_CURRENT.where(BINDING.c.namespace == name).order_by(BINDING.c.id))
        return tuple(build_binding(row) for row in rows)

    def end(self, ids: Sequence[str], by: PrincipalId, at: datetime) -> None:
        """End bindings."""
        self._session.execute(update(BINDING).where(BINDING.c.id.in_(ids)).values(until=at, ended_by=by))

    def forget_reasons(self, *, scope: str | None, within: str | None, grantor: str | None) -> int:
        """Drop the reasons of bindings, ended ones too, and return how many had one."""
        of_these = BINDING.c.granted_by == grantor if scope is None else BINDING.c.scope == scope
        if within is not None:
            of_these = or_(BINDING.c.scope == within, BINDING.c.namespace == within)
        chosen = (of_these, BINDING.c.reason != "")
        count = self._session.scalars(select(func.count()).select_from(BINDING).where(*chosen)).one()
        if count:
            self._session.execute(update(BINDING).where(*chosen).values(reason=""))
        return count


def _conditions(query: BindingQuery) -> Iterator[ColumnElement[bool]]:
    at = query.as_of
    yield BINDING.c.until.is_(None) if at is None else held_at(BINDING.c.since, BINDING.c.until, at)
    if query.subject is not None:
        yield BINDING.c.subject_id == query.subject.id
    if query.role is not None:
        yield BINDING.c.role == query.role
    if query.scope is not None:
        yield BINDING.c.scope == str(query.scope)


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
