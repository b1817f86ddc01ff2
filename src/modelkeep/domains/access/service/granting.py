"""Gives roles and takes them back, and shows who holds which."""

from dataclasses import dataclass, replace
from datetime import datetime

from modelkeep.domains.access.domain.bindings import (
    Binding,
    BindingNotFoundError,
    BindingQuery,
    NewBinding,
    Reviewed,
)
from modelkeep.domains.access.domain.groups import GroupNotFoundError
from modelkeep.domains.access.domain.permissions import ADMIN, Permission
from modelkeep.domains.access.domain.principals import PrincipalNotFoundError
from modelkeep.domains.access.domain.scopes import REGISTRY, Scope
from modelkeep.domains.access.domain.sessions import require_recent_login
from modelkeep.domains.access.repository import BindingRepository, DirectoryRepository, RoleRepository, review
from modelkeep.domains.access.service.authorization import AccessService
from modelkeep.domains.access.service.holding import check_holds
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class GrantService:
    """Bindings of principals and groups to roles."""

    database: Database
    access: AccessService
    clock: Clock
    new_id: IdSource

    def grant(self, actor: Actor, new: NewBinding) -> Recorded[Binding]:
        """Give a role; one that is held there already gets the new expiry, or is left alone if that is the same.

        Raises:
            ForbiddenError: the actor may not grant on the scope.
            GrantExceedsError: the role grants what the actor does not hold there.
            PrincipalNotFoundError, GroupNotFoundError, RoleNotFoundError: there is no such subject or role.
            LastAdminError: the last administrator's role would expire.
        """
        now = self.clock()
        require_recent_login(actor, now)
        new = new.checked(now)
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.GRANT_WRITE, new.scope)
            directory, bindings = DirectoryRepository(tx), BindingRepository(tx)
            subject, role = directory.subject(new.subject), RoleRepository(tx).get(new.role)
            check_holds(tx, actor, role.permissions, new.scope, new.stage, now)
            directory.lock_administrators()
            current = bindings.current(subject, role.name, new.scope, new.stage)
            if current is not None:
                if current.expires_at == new.expires_at:
                    return Recorded(current, None)
                self._end(tx, actor, current, now, "")
            binding = Binding(
                id=self.new_id(),
                subject=subject,
                role=role.name,
                scope=new.scope,
                stage=new.stage,
                expires_at=new.expires_at,
                reason=new.reason,
                since=now,
                granted_by=actor.id,
            )
            bindings.add(binding)
            tx.record(binding.granted(actor))
            if current is not None and new.expires_at is not None:
                directory.check_administrators()
        return Recorded(binding, tx.receipt)

    def revoke(self, actor: Actor, binding_id: str, *, reason: str = "") -> Recorded[Binding]:
        """Take a role back; a binding that has ended is left alone.

        Raises:
            BindingNotFoundError: there is no such binding, or the actor may not see it.
            LastAdminError: it makes the last administrator.
        """
        now = self.clock()
        require_recent_login(actor, now)
        with self.database.transaction() as tx:
            directory = DirectoryRepository(tx)
            binding = BindingRepository(tx).find(binding_id)
            absent = BindingNotFoundError(
                f"there is no binding {binding_id}; 'modelkeep access list' shows those there are", binding=binding_id
            )
            if binding is None:
                raise absent
            self.access.require(tx, actor, Permission.GRANT_WRITE, binding.scope, absent=absent)
            if binding.until is not None:
                return Recorded(binding, None)
            directory.lock_administrators()
            self._end(tx, actor, binding, now, reason)
            if (binding.role, binding.scope) == (ADMIN, REGISTRY):
                directory.check_administrators()
        return Recorded(replace(binding, until=now, ended_by=actor.id), tx.receipt)

    def _end(self, tx: Transaction, actor: Actor, binding: Binding, at: datetime, reason: str) -> None:
        BindingRepository(tx).end([binding.id], actor.id, at)
        tx.record(binding.end(actor, at, reason)[1])

    def list(
        self, actor: Actor, query: BindingQuery, page: PageRequest, *, subject: str | None = None
    ) -> Page[Binding]:
        """Return one page of the bindings that the actor may read, and of its own; `subject` is a name or id.

        Raises:
            PrincipalNotFoundError, GroupNotFoundError: there is no such subject; who may not read all grants is not
                told, and gets an empty page.
        """
        with self.database.snapshot() as tx:
            if subject is not None:
                try:
                    query = replace(query, subject=DirectoryRepository(tx).subject(subject))
                except (PrincipalNotFoundError, GroupNotFoundError):
                    if self.access.allows(tx, actor, Permission.GRANT_READ, REGISTRY):
                        raise
                    return Page((), None)
            values = self.access.values(actor, Permission.GRANT_READ)
            return BindingRepository(tx).list(query, page, values)

    def review(
        self,
        actor: Actor,
        scope: Scope,
        page: PageRequest,
        *,
        permission: Permission | None = None,
        as_of: datetime | None = None,
    ) -> Page[Reviewed]:
        """Return one page of who holds a permission (or any) on a scope, around it or in it.

        Raises:
            ForbiddenError: the actor may not read grants on the scope.
        """
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.GRANT_READ, scope)
            return review(tx, scope, permission, as_of or self.clock(), page)
