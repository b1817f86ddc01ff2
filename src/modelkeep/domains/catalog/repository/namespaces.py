"""Namespaces within one transaction."""

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.catalog.domain.errors import NamespaceExistsError, NamespaceNotFoundError
from modelkeep.domains.catalog.domain.models import Namespace
from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.repository.lists import OrderKey, fetch_page, single_order, unknown_order
from modelkeep.domains.catalog.tables import ModelRow, NamespaceRow
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.filters import Field, OrderTerm, parse_filter
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, AnySelect, Transaction
from modelkeep.platform.database.criteria import Rule, compile_filter, text_rule, time_rule

_RULES: dict[str, Rule] = {
    "name": text_rule(NamespaceRow.name.expression),
    "description": text_rule(NamespaceRow.description.expression),
    "created": time_rule(NamespaceRow.created_at.expression),
    "created_by": text_rule(NamespaceRow.created_by.expression),
}
_ORDERS = {"name": OrderKey(NamespaceRow.name.expression, str)}


class NamespaceRepository:
    """Namespaces within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session, self._dialect = tx.session, tx.dialect

    def get(self, name: str, *, seen: int | None = None) -> Namespace:
        """Return the namespace, or say that it is missing or newer than the caller thinks."""
        found = self.find(name)
        if found is None:
            raise NamespaceNotFoundError(
                f"there is no namespace {name}; create it with POST /api/v1/namespaces, or push a model into it",
                namespace=name,
            )
        if seen not in (None, found.revision):
            raise _stale(found)
        return found

    def find(self, name: str) -> Namespace | None:
        """Return the namespace, or None."""
        row = self._session.execute(_columns().where(NamespaceRow.name == name)).one_or_none()
        return None if row is None else _namespace(row)

    def add(self, namespace: Namespace) -> None:
        """Store a new namespace."""
        dialect = postgresql if self._dialect == "postgresql" else sqlite
        added = self._session.execute(
            dialect.insert(NamespaceRow)
            .values(
                name=namespace.name,
                description=namespace.description,
                created_at=namespace.created_at,
                created_by=namespace.created_by,
                revision=namespace.revision,
            )
            .on_conflict_do_nothing()
            .returning(NamespaceRow.name)
        )
        if added.one_or_none() is None:
            raise NamespaceExistsError(f"namespace {namespace.name} exists already", namespace=namespace.name)

    def save(self, namespace: Namespace) -> None:
        """Store a changed namespace, unless another transaction has stored one meanwhile."""
        saved = self._session.execute(
            update(NamespaceRow)
            .where(NamespaceRow.name == namespace.name, NamespaceRow.revision == namespace.revision - 1)
            .values(description=namespace.description, revision=namespace.revision)
            .returning(NamespaceRow.name)
        )
        if saved.one_or_none() is None:
            raise _stale(namespace)

    def remove(self, name: str) -> None:
        """Delete a namespace that no model is in."""
        self._session.execute(delete(NamespaceRow).where(NamespaceRow.name == name))

    def models_in(self, name: str, limit: int) -> tuple[str, ...]:
        """Return some of the models in a namespace, deleted ones included."""
        rows = self._session.scalars(
            select(ModelRow.name).where(ModelRow.namespace == name).order_by(ModelRow.name).limit(limit)
        )
        return tuple(rows)

    def list(self, query: ListQuery, request: PageRequest) -> Page[Namespace]:
        """Return one page of namespaces."""
        term = single_order(query.order, OrderTerm(Field("name")))
        key = _ORDERS.get(str(term.field))
        if key is None:
            raise unknown_order(query.order, term, _ORDERS)
        condition = compile_filter(query.filter, parse_filter(query.filter), _RULES, dialect=self._dialect)
        return fetch_page(
            self._session,
            _columns().add_columns(key.column, NamespaceRow.name).where(condition),
            request=request,
            scope=query.scope("namespaces"),
            order=(key, NamespaceRow.name.expression, term.descending),
            build=_namespace,
        )


def _columns() -> AnySelect:
    return select(
        NamespaceRow.name,
        NamespaceRow.description,
        NamespaceRow.created_at,
        NamespaceRow.created_by,
        NamespaceRow.revision,
    )


def _namespace(row: AnyRow) -> Namespace:
    name, description, created_at, created_by, revision = row[:5]
    return Namespace(name, description, created_at, PrincipalId(created_by), revision)


def _stale(namespace: Namespace) -> StaleRevisionError:
    return StaleRevisionError(f"namespace {namespace.name} has changed meanwhile; read it again and retry")
