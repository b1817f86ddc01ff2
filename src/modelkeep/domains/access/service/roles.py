"""Makes, changes and deletes roles."""

from dataclasses import dataclass

from modelkeep.domains.access.domain.permissions import ROLES, Permission
from modelkeep.domains.access.domain.roles import BuiltInRoleError, Role, RoleInUseError
from modelkeep.domains.access.domain.scopes import REGISTRY
from modelkeep.domains.access.domain.sessions import require_recent_login
from modelkeep.domains.access.repository import RoleRepository
from modelkeep.domains.access.service.authorization import AccessService
from modelkeep.domains.access.service.holding import check_holds
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Database


@dataclass(frozen=True, slots=True)
class RoleService:
    """Roles: the built-in ones, and those that people made."""

    database: Database
    access: AccessService
    clock: Clock

    def list(self) -> tuple[Role, ...]:
        """Return every role, the built-in ones first; what roles grant is no secret."""
        with self.database.snapshot() as tx:
            return (*(Role(name, granted) for name, granted in ROLES.items()), *RoleRepository(tx).list())

    def get(self, name: str) -> Role:
        """Return a role."""
        with self.database.snapshot() as tx:
            return RoleRepository(tx).get(name)

    def create(
        self, actor: Actor, name: str, *, permissions: frozenset[Permission], description: str
    ) -> Recorded[Role]:
        """Make a role out of permissions that the actor holds on the whole registry.

        Raises:
            RoleExistsError: there is a role of this name.
            GrantExceedsError: the actor does not hold all of it.
        """
        now = self.clock()
        require_recent_login(actor, now)
        role = Role(name, permissions, description, now, actor.id, revision=1).checked()
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.GRANT_WRITE, REGISTRY)
            check_holds(tx, actor, role.permissions, REGISTRY, "", now)
            RoleRepository(tx).add(role)
            tx.record(role.created(actor, now))
        return Recorded(role, tx.receipt)

    def update(
        self,
        actor: Actor,
        name: str,
        *,
        permissions: frozenset[Permission] | None,
        description: str | None,
        seen: int | None,
    ) -> Recorded[Role]:
        """Change what a role grants, at once and for everybody who holds it.

        Raises:
            BuiltInRoleError: it is part of the program.
            GrantExceedsError: the actor does not hold all of what it is to grant.
        """
        now = self.clock()
        require_recent_login(actor, now)
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.GRANT_WRITE, REGISTRY)
            roles = RoleRepository(tx)
            role = _made(roles.get(name, seen=seen))
            changed, event = role.change(actor, now, permissions=permissions, description=description)
            check_holds(tx, actor, changed.permissions, REGISTRY, "", now)
            roles.save(changed)
            tx.record(event)
        return Recorded(changed, tx.receipt)

    def delete(self, actor: Actor, name: str, *, seen: int | None) -> Recorded[Role]:
        """Delete a role that nobody holds.

        Raises:
            BuiltInRoleError: it is part of the program.
            RoleInUseError: bindings give it to somebody.
        """
        require_recent_login(actor, self.clock())
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.GRANT_WRITE, REGISTRY)
            roles = RoleRepository(tx)
            role = _made(roles.get(name, seen=seen))
            if roles.is_held(name):
                raise RoleInUseError(
                    f"role {name} is held; 'modelkeep access list --role {name}' shows by whom, take it back first",
                    role=name,
                )
            roles.remove(name)
            tx.record(role.deleted(actor, self.clock()))
        return Recorded(role, tx.receipt)


def _made(role: Role) -> Role:
    if role.is_built_in:
        raise BuiltInRoleError(f"{role.name} is a built-in role; make one of your own instead", role=role.name)
    return role
