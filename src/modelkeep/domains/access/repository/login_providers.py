"""Login providers within one transaction."""

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.access.domain.openid.providers import (
    LoginProvider,
    LoginProviderExistsError,
    LoginProviderNotFoundError,
    ProviderDetails,
)
from modelkeep.domains.access.tables import GROUP
from modelkeep.domains.access.tables.logins import LOGIN_PROVIDER
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.lists import OrderKey, fetch_page

_BY_NAME = OrderKey(LOGIN_PROVIDER.c.name, str)


class LoginProviderRepository:
    """Login providers within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session, self._dialect = tx.session, tx.dialect

    def get(self, name: str) -> LoginProvider:
        """Return a provider, or say that there is none."""
        row = self._session.execute(select(*LOGIN_PROVIDER.c).where(LOGIN_PROVIDER.c.name == name)).one_or_none()
        if row is None:
            raise LoginProviderNotFoundError(
                f"there is no login provider {name[:80]!r}; GET /login lists what there is", provider=name[:80]
            )
        return _provider(row)

    def add(self, provider: LoginProvider) -> None:
        """Store a new provider."""
        dialect = postgresql if self._dialect == "postgresql" else sqlite
        values = {"name": provider.name, "created_at": provider.created_at, "created_by": provider.created_by}
        added = self._session.execute(
            dialect.insert(LOGIN_PROVIDER)
            .values({**values, **_changing(provider)})
            .on_conflict_do_nothing()
            .returning(LOGIN_PROVIDER.c.name)
        )
        if added.one_or_none() is None:
            raise LoginProviderExistsError(f"there is a login provider {provider.name} already", provider=provider.name)

    def save(self, provider: LoginProvider) -> None:
        """Store a changed provider, unless another transaction has stored one meanwhile."""
        saved = self._session.execute(
            update(LOGIN_PROVIDER)
            .where(LOGIN_PROVIDER.c.name == provider.name, LOGIN_PROVIDER.c.revision == provider.revision - 1)
            .values(_changing(provider))
            .returning(LOGIN_PROVIDER.c.name)
        )
        if saved.one_or_none() is None:
            raise StaleRevisionError(f"login provider {provider.name} has changed meanwhile; read it again and retry")

    def remove(self, name: str) -> None:
        """Delete a provider; the identities of its issuer stay."""
        self._session.execute(delete(LOGIN_PROVIDER).where(LOGIN_PROVIDER.c.name == name))

    def list(self, request: PageRequest) -> Page[LoginProvider]:
        """Return one page of providers, by name."""
        return fetch_page(
            self._session,
            select(*LOGIN_PROVIDER.c, LOGIN_PROVIDER.c.name.label("position"), LOGIN_PROVIDER.c.name.label("last")),
            request=request,
            scope="login_providers",
            order=(_BY_NAME, LOGIN_PROVIDER.c.name, False),
            build=_provider,
        )

    def titles(self) -> tuple[tuple[str, str], ...]:
        """Return name and title of every provider, for the page that offers them; there are few."""
        rows = self._session.execute(
            select(LOGIN_PROVIDER.c.name, LOGIN_PROVIDER.c.title).order_by(LOGIN_PROVIDER.c.name).limit(100)
        )
        return tuple((row.name, row.title or row.name) for row in rows)

    def group_ids(self, names: frozenset[str]) -> dict[str, str]:
        """Return the ids of groups by name; one that is not there is left out."""
        query = select(GROUP.c.name, GROUP.c.id).where(GROUP.c.name.in_(names), GROUP.c.deleted_at.is_(None))
        return {row.name: row.id for row in self._session.execute(query)}

    def group_names(self, ids: frozenset[str]) -> dict[str, str]:
        """Return the names of groups by id; one that was deleted is left out."""
        query = select(GROUP.c.name, GROUP.c.id).where(GROUP.c.id.in_(ids), GROUP.c.deleted_at.is_(None))
        return {row.id: row.name for row in self._session.execute(query)}


def _changing(provider: LoginProvider) -> dict[str, object]:
    details = provider.details
    return {
        "title": details.title,
        "issuer": details.issuer,
        "client_id": details.client_id,
        "algorithms": list(details.algorithms),
        "scopes": list(details.scopes),
        "groups_claim": details.groups_claim,
        "groups": dict(details.groups),
        "link_by_email": details.link_by_email,
        "changed_at": provider.changed_at,
        "changed_by": provider.changed_by,
        "revision": provider.revision,
    }


def _provider(row: AnyRow) -> LoginProvider:
    details = ProviderDetails(
        issuer=row.issuer,
        client_id=row.client_id,
        title=row.title,
        algorithms=tuple(row.algorithms),
        scopes=tuple(row.scopes),
        groups_claim=row.groups_claim,
        groups=row.groups,
        link_by_email=row.link_by_email,
    )
    return LoginProvider(
        name=row.name,
        details=details,
        created_at=row.created_at,
        created_by=PrincipalId(row.created_by),
        changed_at=row.changed_at,
        changed_by=PrincipalId(row.changed_by),
        revision=row.revision,
    )
