"""Namespaces within one transaction."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Table, delete, func, insert, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.access import Values
from modelkeep.domains.catalog.domain.errors import (
    NamespaceExistsError,
    NamespaceNotFoundError,
    no_such_namespace,
)
from modelkeep.domains.catalog.domain.models import Namespace
from modelkeep.domains.catalog.domain.moments import Change
from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.repository.facts import AT, holds
from modelkeep.domains.catalog.repository.permits import NAMESPACE_SEEN, NAMESPACE_THEN_SEEN
from modelkeep.domains.catalog.tables import MODEL, NAMESPACE, NAMESPACE_STATE
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.filters import Field, OrderTerm, parse_filter
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, AnySelect, Transaction
from modelkeep.platform.database.criteria import Rule, compile_filter, text_rule, time_rule
from modelkeep.platform.database.lists import BoundSelect, OrderKey, fetch_page, single_order, unknown_order


class NamespaceRepository:
    """Namespaces within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session, self._dialect = tx.session, tx.dialect

    def get(self, name: str, *, seen: int | None = None) -> Namespace:
        """Return the namespace, or say that it is missing or newer than the caller thinks."""
        found = self.find(name)
        if found is None:
            raise no_such_namespace(name)
        if seen not in (None, found.revision):
            raise _stale(found)
        return found

    def find(self, name: str) -> Namespace | None:
        """Return the namespace, or None."""
        row = self._session.execute(_columns(NAMESPACE).where(NAMESPACE.c.name == name)).one_or_none()
        return None if row is None else _namespace(row)

    def add(self, namespace: Namespace) -> None:
        """Store a new namespace."""
        dialect = postgresql if self._dialect == "postgresql" else sqlite
        added = self._session.execute(
            dialect.insert(NAMESPACE)
            .values(
                name=namespace.name,
                description=namespace.description,
                created_at=namespace.created_at,
                created_by=namespace.created_by,
                revision=namespace.revision,
            )
            .on_conflict_do_nothing()
            .returning(NAMESPACE.c.name)
        )
        if added.one_or_none() is None:
            raise NamespaceExistsError(f"namespace {namespace.name} exists already", namespace=namespace.name)
        self._begin(namespace, Change(namespace.created_at, namespace.created_by))

    def save(self, namespace: Namespace, change: Change) -> None:
        """Store a changed namespace and what it was until now, unless another transaction has stored one meanwhile."""
        saved = self._session.execute(
            update(NAMESPACE)
            .where(NAMESPACE.c.name == namespace.name, NAMESPACE.c.revision == namespace.revision - 1)
            .values(description=namespace.description, revision=namespace.revision)
            .returning(NAMESPACE.c.name)
        )
        if saved.one_or_none() is None:
            raise _stale(namespace)
        self._end(namespace.name, change)
        self._begin(namespace, change)

    def remove(self, name: str, change: Change) -> None:
        """Delete a namespace that no model is in; its history stays."""
        self._session.execute(delete(NAMESPACE).where(NAMESPACE.c.name == name))
        self._end(name, change)

    def last_change(self, name: str) -> datetime | None:
        """Return when a namespace was changed or deleted last, None if it never was there."""
        ended = func.max(func.coalesce(NAMESPACE_STATE.c.until, NAMESPACE_STATE.c.since))
        at: datetime | None = self._session.scalars(select(ended).where(NAMESPACE_STATE.c.name == name)).one()
        return at

    def _begin(self, namespace: Namespace, change: Change) -> None:
        values = {
            "name": namespace.name,
            "since": change.at,
            "description": namespace.description,
            "created_at": namespace.created_at,
            "created_by": namespace.created_by,
            "revision": namespace.revision,
            "set_by": change.by,
        }
        self._session.execute(insert(NAMESPACE_STATE), values)

    def _end(self, name: str, change: Change) -> None:
        self._session.execute(
            update(NAMESPACE_STATE)
            .where(NAMESPACE_STATE.c.name == name, NAMESPACE_STATE.c.until.is_(None))
            .values(until=change.at, ended_by=change.by)
        )

    def models_in(self, name: str, limit: int) -> tuple[str, ...]:
        """Return some of the models in a namespace, deleted ones included."""
        rows = self._session.scalars(
            select(MODEL.c.name).where(MODEL.c.namespace == name).order_by(MODEL.c.name).limit(limit)
        )
        return tuple(rows)

    def get_at(self, name: str, at: datetime) -> Namespace:
        """Return a namespace as it was at a time.

        Raises:
            NamespaceNotFoundError: there was none of that name then.
        """
        row = self._session.execute(
            _columns(NAMESPACE_STATE).where(NAMESPACE_STATE.c.name == name, holds(NAMESPACE_STATE, AT)), {"at": at}
        ).one_or_none()
        if row is None:
            raise NamespaceNotFoundError(f"there was no namespace {name} then", namespace=name)
        return _namespace(row)

    def list(self, query: ListQuery, request: PageRequest, values: Values) -> Page[Namespace]:
        """Return one page of the namespaces that the actor sees; with `as_of`, of those there were then."""
        term = single_order(query.order, OrderTerm(Field("name")))
        if str(term.field) != "name":
            raise unknown_order(query.order, term, {"name": None})
        source, seen = (NAMESPACE, NAMESPACE_SEEN) if query.as_of is None else (NAMESPACE_STATE, NAMESPACE_THEN_SEEN)
        there = true() if query.as_of is None else holds(source, AT)
        condition = compile_filter(query.filter, parse_filter(query.filter), rules(source), dialect=self._dialect)
        rows = _columns(source).add_columns(source.c.name.label("place"), source.c.name.label("identity"))
        return fetch_page(
            self._session,
            BoundSelect(rows.where(condition, seen, there), {**values, "at": query.as_of}),
            request=request,
            scope=query.scope("namespaces"),
            order=(OrderKey(source.c.name, str), source.c.name, term.descending),
            build=_namespace,
        )


def _columns(source: Table) -> AnySelect:
    return select(source.c.name, source.c.description, source.c.created_at, source.c.created_by, source.c.revision)


def rules(source: Table) -> Mapping[str, Rule]:
    """Return how the fields of a filter of namespaces are compared, as they are or were."""
    return {
        "name": text_rule(source.c.name),
        "description": text_rule(source.c.description),
        "created": time_rule(source.c.created_at),
        "created_by": text_rule(source.c.created_by),
    }


def _namespace(row: AnyRow) -> Namespace:
    name, description, created_at, created_by, revision = row[:5]
    return Namespace(name, description, created_at, PrincipalId(created_by), revision)


def _stale(namespace: Namespace) -> StaleRevisionError:
    return StaleRevisionError(f"namespace {namespace.name} has changed meanwhile; read it again and retry")
