"""Loads and stores principals."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, exists, insert, select, union_all, update

from modelkeep.domains.access.domain.principals import Principal, PrincipalNotFoundError
from modelkeep.domains.access.domain.scopes import REGISTRY_TEXT
from modelkeep.domains.access.tables import BINDING, GROUP, MEMBER, PRINCIPAL, TOKEN, PrincipalRow
from modelkeep.domains.access.tables.logins import IDENTITY
from modelkeep.kernel.identity import PrincipalId, PrincipalKind
from modelkeep.platform.database import Transaction

_SHOWN_OF_ID: Final = 12


class AccessRepository:
    """Principals within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def add_principal(self, principal: Principal) -> None:
        """Store a new principal; its roles are bindings."""
        values = {
            "id": principal.id,
            "kind": principal.kind.value,
            "name": principal.name,
            "owner_id": principal.owner_id,
            "created_at": principal.created_at,
            "disabled_at": principal.disabled_at,
        }
        self._session.execute(insert(PRINCIPAL), values)

    def anonymise(self, principal_id: PrincipalId, at: datetime) -> bool:
        """Take all that says who a principal is: its name, its logins, what is said of its tokens and roles.

        It is disabled, and whoever logs in as it did is somebody new. Say whether any of that is news.
        """
        row = self._session.execute(select(PRINCIPAL.c.disabled_at).where(PRINCIPAL.c.id == principal_id)).one_or_none()
        if row is None:
            raise PrincipalNotFoundError(f"there is no principal {principal_id}", principal=principal_id)
        name = f"erased {principal_id[-_SHOWN_OF_ID:]}"
        disabled_at = row.disabled_at or at
        changes = (
            (delete(IDENTITY), (IDENTITY.c.principal_id == principal_id,)),
            (update(TOKEN).values(name=""), (TOKEN.c.principal_id == principal_id, TOKEN.c.name != "")),
            (update(BINDING).values(reason=""), (BINDING.c.subject_id == principal_id, BINDING.c.reason != "")),
            (
                update(PRINCIPAL).values(name=name, disabled_at=disabled_at),
                (PRINCIPAL.c.id == principal_id, PRINCIPAL.c.name != name),
            ),
        )
        wanted = [
            change.where(*chosen) for change, chosen in changes if self._session.scalar(select(exists().where(*chosen)))
        ]
        for change in wanted:
            self._session.execute(change)
        return bool(wanted)

    def find_holder(self, role: str) -> Principal | None:
        """Return the user who has held a role on the registry for longest, without an end, or None."""
        row = self._session.scalars(
            select(PrincipalRow)
            .join(BINDING, BINDING.c.subject_id == PrincipalRow.id)
            .where(
                BINDING.c.role == role,
                BINDING.c.scope == REGISTRY_TEXT,
                BINDING.c.until.is_(None),
                BINDING.c.expires_at.is_(None),
                PrincipalRow.disabled_at.is_(None),
            )
            .order_by(PrincipalRow.created_at)
            .limit(1)
        ).one_or_none()
        return None if row is None else self._principal(row)

    def get_principal(self, identity: PrincipalId) -> Principal:
        """Return the principal of an id that a row refers to."""
        return self._principal(self._session.get_one(PrincipalRow, identity))

    def find_principal(self, identity: PrincipalId) -> Principal | None:
        """Return the principal with an id, or None."""
        row = self._session.get(PrincipalRow, identity)
        return None if row is None else self._principal(row)

    def disable(self, identity: PrincipalId, at: datetime) -> None:
        """Let a principal do nothing from now on."""
        self._session.execute(update(PRINCIPAL).where(PRINCIPAL.c.id == identity).values(disabled_at=at))

    def names(self, ids: frozenset[str]) -> dict[str, str]:
        """Return the names people know principals and groups by."""
        rows = self._session.execute(
            union_all(
                select(PRINCIPAL.c.id, PRINCIPAL.c.name).where(PRINCIPAL.c.id.in_(ids)),
                select(GROUP.c.id, GROUP.c.name).where(GROUP.c.id.in_(ids)),
            )
        )
        return {row.id: row.name for row in rows}

    def _principal(self, row: PrincipalRow) -> Principal:
        groups = select(MEMBER.c.group_id).where(MEMBER.c.principal_id == row.id, MEMBER.c.until.is_(None))
        roles = self._session.scalars(
            select(BINDING.c.role).where(
                (BINDING.c.subject_id == row.id) | BINDING.c.subject_id.in_(groups),
                BINDING.c.scope == REGISTRY_TEXT,
                BINDING.c.until.is_(None),
            )
        )
        return Principal(
            id=PrincipalId(row.id),
            kind=PrincipalKind(row.kind),
            name=row.name,
            roles=frozenset(roles),
            created_at=row.created_at,
            owner_id=None if row.owner_id is None else PrincipalId(row.owner_id),
            disabled_at=row.disabled_at,
        )
