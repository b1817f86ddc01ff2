"""Publishers within one transaction."""

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.access.domain.publishing.conditions import PublisherKind, read_conditions
from modelkeep.domains.access.domain.publishing.publishers import (
    Publisher,
    PublisherExistsError,
    no_such_publisher,
)
from modelkeep.domains.access.domain.scopes import Scope
from modelkeep.domains.access.tables.logins import PUBLISHER
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.lists import OrderKey, fetch_page

MAX_OF_ISSUER = 1_000
_BY_NAME = OrderKey(PUBLISHER.c.name, str)


class PublisherRepository:
    """Publishers within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session, self._dialect = tx.session, tx.dialect

    def get(self, name: str) -> Publisher:
        """Return a publisher, or say that there is none."""
        row = self._session.execute(select(*PUBLISHER.c).where(PUBLISHER.c.name == name)).one_or_none()
        if row is None:
            raise no_such_publisher(name)
        return _publisher(row)

    def add(self, publisher: Publisher) -> None:
        """Store a new publisher."""
        values = {
            "name": publisher.name,
            "id": publisher.id,
            "kind": publisher.conditions.kind.value,
            "issuer": publisher.issuer,
            "conditions": publisher.conditions.to_json(),
            "role": publisher.role,
            "scopes": [str(scope) for scope in publisher.scopes],
            "principal_id": publisher.principal_id,
            "created_at": publisher.created_at,
            "created_by": publisher.created_by,
        }
        dialect = postgresql if self._dialect == "postgresql" else sqlite
        added = self._session.execute(
            dialect.insert(PUBLISHER).values(values).on_conflict_do_nothing().returning(PUBLISHER.c.name)
        )
        if added.one_or_none() is None:
            raise PublisherExistsError(f"there is a publisher {publisher.name} already", publisher=publisher.name)

    def remove(self, name: str) -> None:
        """Delete a publisher."""
        self._session.execute(delete(PUBLISHER).where(PUBLISHER.c.name == name))

    def of_issuer(self, issuer: str) -> tuple[Publisher, ...]:
        """Return the publishers of an issuer, by name."""
        rows = self._session.execute(
            select(*PUBLISHER.c).where(PUBLISHER.c.issuer == issuer).order_by(PUBLISHER.c.name).limit(MAX_OF_ISSUER)
        )
        return tuple(_publisher(row) for row in rows)

    def list(self, request: PageRequest) -> Page[Publisher]:
        """Return one page of publishers, by name."""
        return fetch_page(
            self._session,
            select(*PUBLISHER.c, PUBLISHER.c.name.label("position"), PUBLISHER.c.name.label("last")),
            request=request,
            scope="publishers",
            order=(_BY_NAME, PUBLISHER.c.name, False),
            build=_publisher,
        )


def _publisher(row: AnyRow) -> Publisher:
    return Publisher(
        id=row.id,
        name=row.name,
        issuer=row.issuer,
        conditions=read_conditions(PublisherKind(row.kind), row.issuer, row.conditions),
        role=row.role,
        scopes=tuple(map(Scope, row.scopes)),
        principal_id=PrincipalId(row.principal_id),
        created_at=row.created_at,
        created_by=PrincipalId(row.created_by),
    )
