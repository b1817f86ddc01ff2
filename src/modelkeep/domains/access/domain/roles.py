"""Roles that people make, beside the built-in ones."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from modelkeep.domains.access.domain.permissions import ROLES, Permission
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,62}")
MAX_DESCRIPTION: Final = 1_024


class RoleNotFoundError(RegistryError):
    """There is no such role."""

    kind = Kind.NOT_FOUND
    code = "access.role_not_found"


class RoleExistsError(RegistryError):
    """The role is there already, built in or made by people."""

    kind = Kind.ALREADY_EXISTS
    code = "access.role_exists"


class RoleInUseError(RegistryError):
    """A role that somebody holds cannot be deleted."""

    kind = Kind.BLOCKED
    code = "access.role_in_use"


class TooManyRolesError(RegistryError):
    """A registry keeps at most 1,000 roles beside the built-in ones."""

    kind = Kind.BLOCKED
    code = "access.too_many_roles"


class BuiltInRoleError(RegistryError):
    """A built-in role is part of the program: it is neither changed nor deleted."""

    kind = Kind.BLOCKED
    code = "access.built_in_role"


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions; a built-in one has no maker, and revision 0."""

    name: str
    permissions: frozenset[Permission]
    description: str = ""
    created_at: datetime | None = None
    created_by: PrincipalId | None = None
    revision: int = 0

    @property
    def is_built_in(self) -> bool:
        """Whether it is part of the program."""
        return self.revision == 0

    @property
    def facts(self) -> dict[str, Json]:
        """What the audit log says of it."""
        return {"permissions": sorted(self.permissions), "revision": self.revision}

    def checked(self) -> Self:
        """Return the role, or refuse a name or a set that is none.

        Raises:
            InvalidValueError: the name breaks its rule, the description is too long, or nothing is granted.
            RoleExistsError: the name is that of a built-in role.
        """
        if _NAME.fullmatch(self.name) is None:
            raise InvalidValueError(
                f"{self.name[:80]!r} cannot name a role: 1 to 63 letters, digits, '_', '.' and '-', the first a letter"
            )
        if len(self.description) > MAX_DESCRIPTION or "\0" in self.description:
            raise InvalidValueError(f"a role's description has at most {MAX_DESCRIPTION} characters, and no NUL")
        if not self.permissions:
            raise InvalidValueError("a role grants at least one permission; docs/reference/permissions lists them")
        if self.name.lower() in {name.lower() for name in ROLES}:
            raise RoleExistsError(f"{self.name} is a built-in role; choose another name", role=self.name)
        return self

    def created(self, by: Actor, at: datetime) -> Event:
        """Return the event of its making."""
        return self._event("access.role_created", by, at)

    def change(
        self, by: Actor, at: datetime, *, permissions: frozenset[Permission] | None, description: str | None
    ) -> tuple[Self, Event]:
        """Change what it grants, for everybody who holds it."""
        changed = replace(
            self,
            permissions=self.permissions if permissions is None else permissions,
            description=self.description if description is None else description,
            revision=self.revision + 1,
        ).checked()
        event = changed._event("access.role_updated", by, at)  # noqa: SLF001 - of the same class
        return changed, replace(event, before=self.facts, after=changed.facts)

    def deleted(self, by: Actor, at: datetime) -> Event:
        """Return the event of its end."""
        return self._event("access.role_deleted", by, at)

    def _event(self, name: str, by: Actor, at: datetime) -> Event:
        texts = {"description": self.description} if self.description else {}
        return Event(name, self.name, by, at, self.facts, texts)


def built_in(name: str) -> Role | None:
    """Return a built-in role, or None."""
    granted = ROLES.get(name)
    return None if granted is None else Role(name, granted)


def no_such_role(name: str) -> RoleNotFoundError:
    """Return the error for a role that is neither built in nor made."""
    return RoleNotFoundError(f"there is no role {name}; 'modelkeep role list' shows those there are", role=name)
