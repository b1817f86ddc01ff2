"""Namespaces within one transaction."""

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.access import Values
from modelkeep.domains.catalog.domain.errors import NamespaceExistsError, no_such_namespace
from modelkeep.domains.catalog.domain.models import Namespace
from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.repository.permits import NAMESPACE_SEEN
from modelkeep.domains.catalog.tables import MODEL, NAMESPACE
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.filters import Field, OrderTerm, parse_filter
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, AnySelect, Transaction
from modelkeep.platform.database.criteria import Rule, compile_filter, text_rule, time_rule
from modelkeep.platform.database.lists import BoundSelect, OrderKey, fetch_page, single_order, unknown_order

_RULES: dict[str, Rule] = {
    "name": text_rule(NAMESPACE.c.name),
    "description": text_rule(NAMESPACE.c.description),
    "created": time_rule(NAMESPACE.c.created_at),
    "created_by": text_rule(NAMESPACE.c.created_by),
}
_ORDERS = {"name": OrderKey(NAMESPACE.c.name, str)}


class NamespaceRepository:
    """Namespaces within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session, self._dialect = tx.session, tx.dialect

    def get(self, name: str, *, seen: int | None = None) -> Namespace:
        """Return the namespace, or say that it is missing or newer than the caller thinks."""
        row = self._session.execute(_columns().where(NAMESPACE.c.name == name)).one_or_none()
        if row is None:
            raise no_such_namespace(name)
        found = _namespace(row)
        if seen not in (None, found.revision):
            raise _stale(found)
        return found

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

    def save(self, namespace: Namespace) -> None:
        """Store a changed namespace, unless another transaction has stored one meanwhile."""
        saved = self._session.execute(
            update(NAMESPACE)
            .where(NAMESPACE.c.name == namespace.name, NAMESPACE.c.revision == namespace.revision - 1)
            .values(description=namespace.description, revision=namespace.revision)
            .returning(NAMESPACE.c.name)
        )
        if saved.one_or_none() is None:
            raise _stale(namespace)

    def remove(self, name: str) -> None:
        """Delete a namespace that no model is in."""
        self._session.execute(delete(NAMESPACE).where(NAMESPACE.c.name == name))

    def models_in(self, name: str, limit: int) -> tuple[str, ...]:
        """Return some of the models in a namespace, deleted ones included."""
        rows = self._session.scalars(
            select(MODEL.c.name).where(MODEL.c.namespace == name).order_by(MODEL.c.name).limit(limit)
        )
        return tuple(rows)

    def list(self, query: ListQuery, request: PageRequest, values: Values) -> Page[Namespace]:
        """Return one page of the namespaces that the actor sees."""
        term = single_order(query.order, OrderTerm(Field("name")))
        key = _ORDERS.get(str(term.field))
        if key is None:
            raise unknown_order(query.order, term, _ORDERS)
        condition = compile_filter(query.filter, parse_filter(query.filter), _RULES, dialect=self._dialect)
        return fetch_page(
            self._session,
            BoundSelect(_columns().add_columns(key.column, NAMESPACE.c.name).where(condition, NAMESPACE_SEEN), values),
            request=request,
            scope=query.scope("namespaces"),
            order=(key, NAMESPACE.c.name, term.descending),
            build=_namespace,
        )


def _columns() -> AnySelect:
    return select(
        NAMESPACE.c.name,
        NAMESPACE.c.description,
        NAMESPACE.c.created_at,
        NAMESPACE.c.created_by,
        NAMESPACE.c.revision,
    )


def _namespace(row: AnyRow) -> Namespace:
    name, description, created_at, created_by, revision = row[:5]
    return Namespace(name, description, created_at, PrincipalId(created_by), revision)


def _stale(namespace: Namespace) -> StaleRevisionError:
    return StaleRevisionError(f"namespace {namespace.name} has changed meanwhile; read it again and retry")
