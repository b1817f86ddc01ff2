"""Assignments of policies within one transaction."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, bindparam, case, func, insert, or_, select, update

from modelkeep.domains.access import REGISTRY, Scope, Values, permitted_where
from modelkeep.domains.governance.domain.assignments import Assignment, AssignmentQuery
from modelkeep.domains.governance.tables.policies import ASSIGNMENT, POLICY
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, AnySelect, Transaction, UtcDateTime
from modelkeep.platform.database.lists import BoundSelect, page_by_id

_AT: Final = bindparam("at", type_=UtcDateTime())
_THEN: Final = (ASSIGNMENT.c.since <= _AT) & or_(ASSIGNMENT.c.until.is_(None), ASSIGNMENT.c.until > _AT)
_NOW: Final = ASSIGNMENT.c.until.is_(None)
_ASSIGNMENTS: Final[AnySelect] = select(
    ASSIGNMENT.c.id,
    ASSIGNMENT.c.scope,
    ASSIGNMENT.c.policy,
    ASSIGNMENT.c.number,
    POLICY.c.digest,
    ASSIGNMENT.c.since,
    ASSIGNMENT.c.set_by,
    ASSIGNMENT.c.until,
    ASSIGNMENT.c.ended_by,
).join(POLICY, (POLICY.c.name == ASSIGNMENT.c.policy) & (POLICY.c.number == ASSIGNMENT.c.number))
_IN_FORCE: Final[AnySelect] = (
    select(ASSIGNMENT.c.policy, ASSIGNMENT.c.number, POLICY.c.digest)
    .join(POLICY, (POLICY.c.name == ASSIGNMENT.c.policy) & (POLICY.c.number == ASSIGNMENT.c.number))
    .where(_NOW)
    .distinct()
)
_SEEN: Final = or_(
    ASSIGNMENT.c.scope == str(REGISTRY), permitted_where(namespace=ASSIGNMENT.c.namespace, model=ASSIGNMENT.c.scope)
)
_CONTAINS: Final = ASSIGNMENT.c.scope.in_(bindparam("scopes", expanding=True))
_SPECIFIC: Final = case(
    (ASSIGNMENT.c.scope == str(REGISTRY), 0), (ASSIGNMENT.c.scope == ASSIGNMENT.c.namespace, 1), else_=2
)
_GOVERNING_NOW: Final = _ASSIGNMENTS.where(_CONTAINS, _NOW).order_by(_SPECIFIC.desc()).limit(1)
_GOVERNING_THEN: Final = _ASSIGNMENTS.where(_CONTAINS, _THEN).order_by(_SPECIFIC.desc()).limit(1)
_HELD_SINCE: Final = _ASSIGNMENTS.where(
    _CONTAINS, or_(ASSIGNMENT.c.until.is_(None), ASSIGNMENT.c.until > _AT)
).order_by(_SPECIFIC.desc())
_CURRENT: Final = _ASSIGNMENTS.where(ASSIGNMENT.c.scope == bindparam("scope"), _NOW)


class AssignmentRepository:
    """Assignments within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def governing(self, scope: Scope, at: datetime | None = None) -> Assignment | None:
        """Return the most specific assignment that holds on a scope, now or at a time; None if none does."""
        query = _GOVERNING_NOW if at is None else _GOVERNING_THEN
        row = self._session.execute(query, {"scopes": scope.lineage, "at": at}).one_or_none()
        return None if row is None else _assignment(row).as_known(at)

    def since(self, scope: Scope, since: datetime) -> tuple[Assignment, ...]:
        """Return what held on a scope and what contains it from a time until now, the most specific scope first."""
        rows = self._session.execute(_HELD_SINCE, {"scopes": scope.lineage, "at": since})
        return tuple(_assignment(row) for row in rows)

    def current(self, scope: Scope) -> Assignment | None:
        """Return the assignment on exactly this scope that nobody has ended, or None."""
        row = self._session.execute(_CURRENT, {"scope": str(scope)}).one_or_none()
        return None if row is None else _assignment(row)

    def find(self, assignment_id: str) -> Assignment | None:
        """Return an assignment, ended or not, or None."""
        row = self._session.execute(_ASSIGNMENTS.where(ASSIGNMENT.c.id == assignment_id)).one_or_none()
        return None if row is None else _assignment(row)

    def inside(self, scope: Scope) -> tuple[str, ...]:
        """Return the scopes within this one that have assignments of their own now."""
        query = select(ASSIGNMENT.c.scope).where(_NOW, ASSIGNMENT.c.scope != str(scope))
        if scope.namespace is not None:
            query = query.where(ASSIGNMENT.c.namespace == str(scope))
        return tuple(self._session.scalars(query.order_by(ASSIGNMENT.c.scope)))

    def policies_in_force(self) -> tuple[tuple[str, int, Digest], ...]:
        """Return the versions of policies that govern anything now, each once: name, number and digest."""
        rows = self._session.execute(_IN_FORCE)
        return tuple((row.policy, row.number, Digest.parse(row.digest)) for row in rows)

    def last_change(self, scope: Scope) -> datetime | None:
        """Return when an assignment on exactly this scope began or ended last; None if none ever did."""
        latest = func.max(func.coalesce(ASSIGNMENT.c.until, ASSIGNMENT.c.since), type_=UtcDateTime())
        at: datetime | None = self._session.scalars(select(latest).where(ASSIGNMENT.c.scope == str(scope))).one()
        return at

    def begin(self, assignment: Assignment) -> None:
        """Store a new assignment; the one before on its scope must have ended."""
        values = {
            "id": assignment.id,
            "scope": assignment.scope,
            "namespace": Scope.parse(assignment.scope).namespace,
            "policy": assignment.policy,
            "number": assignment.number,
            "since": assignment.since,
            "set_by": assignment.set_by,
        }
        self._session.execute(insert(ASSIGNMENT), values)

    def end(self, assignment_id: str, by: PrincipalId, at: datetime) -> None:
        """End an assignment."""
        self._session.execute(update(ASSIGNMENT).where(ASSIGNMENT.c.id == assignment_id).values(until=at, ended_by=by))

    def list(self, query: AssignmentQuery, request: PageRequest, values: Values) -> Page[Assignment]:
        """Return one page of the assignments that the actor in the values may see, the newest first."""
        rows = _ASSIGNMENTS.where(_SEEN, *_conditions(query))
        return page_by_id(
            self._session,
            BoundSelect(rows, {**values, "at": query.as_of}),
            request=request,
            scope=f"assignments {query}",
            build=lambda row: _assignment(row).as_known(query.as_of),
        )


def _conditions(query: AssignmentQuery) -> Iterator[ColumnElement[bool]]:
    if query.scope is not None:
        yield ASSIGNMENT.c.scope == query.scope
    if query.policy is not None:
        yield ASSIGNMENT.c.policy == query.policy
    if not query.history:
        yield _NOW if query.as_of is None else _THEN
    elif query.as_of is not None:
        yield ASSIGNMENT.c.since <= _AT


def _assignment(row: AnyRow) -> Assignment:
    return Assignment(
        id=row.id,
        scope=row.scope,
        policy=row.policy,
        number=row.number,
        digest=Digest.parse(row.digest),
        since=row.since,
        set_by=PrincipalId(row.set_by),
        until=row.until,
        ended_by=None if row.ended_by is None else PrincipalId(row.ended_by),
    )
