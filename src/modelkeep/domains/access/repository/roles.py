"""Roles that people made, within one transaction."""

from collections.abc import Sequence

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.access.domain.permissions import Permission
from modelkeep.domains.access.domain.roles import Role, RoleExistsError, TooManyRolesError, built_in, no_such_role
from modelkeep.domains.access.tables import BINDING, ROLE, ROLE_PERMISSION
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import AnyRow, Transaction

MAX_ROLES = 1_000


class RoleRepository:
    """Roles within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session, self._dialect = tx.session, tx.dialect

    def get(self, name: str, *, seen: int | None = None) -> Role:
        """Return a role, built in or made, or say that it is missing or newer than the caller thinks."""
        found = built_in(name)
        if found is not None:
            return found
        row = self._session.execute(select(*ROLE.c).where(ROLE.c.name == name)).one_or_none()
        if row is None:
            raise no_such_role(name)
        role = _role(row, self._permissions([name]).get(name, frozenset()))
        if seen not in (None, role.revision):
            raise StaleRevisionError(f"role {name} has changed meanwhile; read it again and retry")
        return role

    def list(self) -> tuple[Role, ...]:
        """Return the roles that people made, by name: a registry has few, at most 1,000."""
        rows = self._session.execute(select(*ROLE.c).order_by(ROLE.c.name).limit(MAX_ROLES)).all()
        granted = self._permissions([row.name for row in rows])
        return tuple(_role(row, granted.get(row.name, frozenset())) for row in rows)

    def add(self, role: Role) -> None:
        """Store a new role."""
        if (self._session.scalar(select(func.count()).select_from(ROLE)) or 0) >= MAX_ROLES:
            raise TooManyRolesError(f"a registry keeps at most {MAX_ROLES} roles; delete some that nobody holds")
        dialect = postgresql if self._dialect == "postgresql" else sqlite
        values = {
            "name": role.name,
            "description": role.description,
            "created_at": role.created_at,
            "created_by": role.created_by,
            "revision": role.revision,
        }
        added = self._session.execute(
            dialect.insert(ROLE).values(values).on_conflict_do_nothing().returning(ROLE.c.name)
        )
        if added.one_or_none() is None:
            raise RoleExistsError(f"role {role.name} exists already", role=role.name)
        self._set_permissions(role)

    def save(self, role: Role) -> None:
        """Store a changed role, unless another transaction has stored one meanwhile."""
        saved = self._session.execute(
            update(ROLE)
            .where(ROLE.c.name == role.name, ROLE.c.revision == role.revision - 1)
            .values(description=role.description, revision=role.revision)
            .returning(ROLE.c.name)
        )
        if saved.one_or_none() is None:
            raise StaleRevisionError(f"role {role.name} has changed meanwhile; read it again and retry")
        self._set_permissions(role)

    def is_held(self, name: str) -> bool:
        """Say whether a binding that nobody has ended gives the role to somebody."""
        return bool(self._session.scalar(select(exists().where(BINDING.c.role == name, BINDING.c.until.is_(None)))))

    def remove(self, name: str) -> None:
        """Delete a role."""
        self._session.execute(delete(ROLE_PERMISSION).where(ROLE_PERMISSION.c.role == name))
        self._session.execute(delete(ROLE).where(ROLE.c.name == name))

    def _set_permissions(self, role: Role) -> None:
        self._session.execute(delete(ROLE_PERMISSION).where(ROLE_PERMISSION.c.role == role.name))
        rows = [{"role": role.name, "permission": permission.value} for permission in sorted(role.permissions)]
        self._session.execute(insert(ROLE_PERMISSION), rows)

    def _permissions(self, names: Sequence[str]) -> dict[str, frozenset[Permission]]:
        rows = self._session.execute(select(*ROLE_PERMISSION.c).where(ROLE_PERMISSION.c.role.in_(names)))
        granted: dict[str, set[Permission]] = {}
        for row in rows:
            granted.setdefault(row.role, set()).add(Permission(row.permission))
        return {name: frozenset(permissions) for name, permissions in granted.items()}


def _role(row: AnyRow, permissions: frozenset[Permission]) -> Role:
    return Role(
        row.name, permissions, row.description, row.created_at, PrincipalId(row.created_by), revision=row.revision
    )
