"""Finds principals, and watches over the last administrator; within one transaction."""

from sqlalchemy import exists, func, or_, select

from modelkeep.domains.access.domain.bindings import Subject, SubjectType
from modelkeep.domains.access.domain.permissions import ADMIN
from modelkeep.domains.access.domain.principals import LastAdminError, Principal, no_such_principal
from modelkeep.domains.access.domain.scopes import REGISTRY_TEXT
from modelkeep.domains.access.repository.groups import GroupRepository
from modelkeep.domains.access.tables import BINDING, MEMBER, PRINCIPAL
from modelkeep.domains.access.tables.logins import IDENTITY
from modelkeep.kernel.identity import PrincipalId, PrincipalKind
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.lists import OrderKey, fetch_page

GROUP_PREFIX = "group:"


class DirectoryRepository:
    """Principals within one transaction; their roles are bindings, and are not read here."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._tx, self._session = tx, tx.session

    def find(self, text: str) -> Principal:
        """Return the principal with this id, or the only one with this name.

        Who logs in through a provider is found by id only: the name is what they have chosen there.

        Raises:
            PrincipalNotFoundError: there is none, or several have the name.
        """
        rows = self._session.execute(select(*PRINCIPAL.c).where(PRINCIPAL.c.id == text)).all()
        if not rows:
            chosen = exists().where(IDENTITY.c.principal_id == PRINCIPAL.c.id)
            named = select(*PRINCIPAL.c).where(PRINCIPAL.c.name == text, ~chosen)
            rows = self._session.execute(named.limit(2)).all()
        if len(rows) != 1:
            raise no_such_principal(text)
        return _principal(rows[0])

    def subject(self, text: str) -> Subject:
        """Return whom a text means: `group:NAME`, or a principal by name or id.

        Raises:
            PrincipalNotFoundError, GroupNotFoundError: there is nobody so called.
        """
        if text.startswith(GROUP_PREFIX):
            group = GroupRepository(self._tx).get(text.removeprefix(GROUP_PREFIX))
            return Subject(SubjectType.GROUP, group.id)
        principal = self.find(text)
        return Subject(SubjectType(principal.kind.value), principal.id)

    def list(self, kind: PrincipalKind | None, request: PageRequest) -> Page[Principal]:
        """Return one page of principals, perhaps of one kind, by name."""
        key = OrderKey(PRINCIPAL.c.name, str)
        query = select(*PRINCIPAL.c, PRINCIPAL.c.name.label("place"), PRINCIPAL.c.id.label("identity"))
        return fetch_page(
            self._session,
            query if kind is None else query.where(PRINCIPAL.c.kind == kind.value),
            request=request,
            scope=f"principals {kind}",
            order=(key, PRINCIPAL.c.id, False),
            build=_principal,
        )

    def has_account(self, name: str) -> bool:
        """Say whether a service account that is not disabled has the name."""
        taken = exists().where(
            PRINCIPAL.c.name == name,
            PRINCIPAL.c.kind == PrincipalKind.SERVICE.value,
            PRINCIPAL.c.disabled_at.is_(None),
        )
        return bool(self._session.scalar(select(taken)))

    def lock_administrators(self) -> None:
        """Hold the bindings of administrators until the transaction ends: two cannot remove each other at once."""
        self._session.execute(
            select(BINDING.c.id)
            .where(BINDING.c.role == ADMIN, BINDING.c.scope == REGISTRY_TEXT, BINDING.c.until.is_(None))
            .order_by(BINDING.c.id)
            .with_for_update()
        ).all()

    def check_administrators(self) -> None:
        """Refuse a change after which no user is left who administers the registry and whose role does not expire.

        Raises:
            LastAdminError: there is none.
        """
        groups = select(MEMBER.c.group_id).where(MEMBER.c.principal_id == PRINCIPAL.c.id, MEMBER.c.until.is_(None))
        permanent = exists().where(
            or_(BINDING.c.subject_id == PRINCIPAL.c.id, BINDING.c.subject_id.in_(groups)),
            BINDING.c.role == ADMIN,
            BINDING.c.scope == REGISTRY_TEXT,
            BINDING.c.until.is_(None),
            BINDING.c.expires_at.is_(None),
        )
        count = self._session.scalar(
            select(func.count())
            .select_from(PRINCIPAL)
            .where(PRINCIPAL.c.kind == PrincipalKind.USER.value, PRINCIPAL.c.disabled_at.is_(None), permanent)
        )
        if not count:
            raise LastAdminError(
                "the registry would be left without an administrator; give another user the role admin on '*', without "
                "an expiry, first"
            )


def _principal(row: AnyRow) -> Principal:
    return Principal(
        id=PrincipalId(row.id),
        kind=PrincipalKind(row.kind),
        name=row.name,
        roles=frozenset(),
        created_at=row.created_at,
        owner_id=None if row.owner_id is None else PrincipalId(row.owner_id),
        disabled_at=row.disabled_at,
    )
