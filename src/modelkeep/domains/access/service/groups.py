"""Makes groups, and says who is in them."""

from dataclasses import dataclass

from modelkeep.domains.access.domain.groups import Group, Membership
from modelkeep.domains.access.domain.memberships import member_added, member_removed
from modelkeep.domains.access.domain.permissions import Permission
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.scopes import REGISTRY
from modelkeep.domains.access.domain.sessions import require_recent_login
from modelkeep.domains.access.repository import (
    BindingRepository,
    DirectoryRepository,
    GroupRepository,
    MembershipRepository,
)
from modelkeep.domains.access.service.authorization import AccessService
from modelkeep.domains.access.service.holding import check_holds_all
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database


@dataclass(frozen=True, slots=True)
class GroupService:
    """Groups of principals."""

    database: Database
    access: AccessService
    clock: Clock
    new_id: IdSource

    def create(self, actor: Actor, name: str) -> Recorded[Group]:
        """Make a group.

        Raises:
            GroupExistsError: there is one of this name.
        """
        group = Group(self.new_id(), name, self.clock(), actor.id).checked()
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.PRINCIPAL_WRITE, REGISTRY)
            GroupRepository(tx).add(group)
            tx.record(group.created(actor))
        return Recorded(group, tx.receipt)

    def list(self, actor: Actor, page: PageRequest) -> Page[Group]:
        """Return one page of groups, by name."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.GRANT_READ, REGISTRY)
            return GroupRepository(tx).list(page)

    def members(self, actor: Actor, name: str, page: PageRequest) -> Page[Membership]:
        """Return one page of who is in a group."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.GRANT_READ, REGISTRY)
            groups = GroupRepository(tx)
            return groups.members(groups.get(name).id, page)

    def delete(self, actor: Actor, name: str) -> Recorded[Group]:
        """Delete a group: everybody leaves it, and its bindings end.

        Raises:
            LastAdminError: the last administrator is one through this group.
        """
        now = self.clock()
        require_recent_login(actor, now)
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.PRINCIPAL_WRITE, REGISTRY)
            groups, bindings, directory = GroupRepository(tx), BindingRepository(tx), DirectoryRepository(tx)
            deleted, event = groups.get(name).delete(actor, now)
            directory.lock_administrators()
            ended = bindings.of_subject(deleted.id)
            bindings.end([binding.id for binding in ended], actor.id, now)
            groups.remove(deleted, actor.id, now)
            directory.check_administrators()
            tx.record(*(binding.end(actor, now)[1] for binding in ended), event)
        return Recorded(deleted, tx.receipt)

    def add(self, actor: Actor, name: str, member: str) -> Recorded[Principal]:
        """Put a principal into a group; one that is in it is left alone.

        Raises:
            GrantExceedsError: the group holds what the actor does not.
        """
        now = self.clock()
        require_recent_login(actor, now)
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.PRINCIPAL_WRITE, REGISTRY)
            groups = GroupRepository(tx)
            group, principal = groups.get(name), DirectoryRepository(tx).find(member)
            members = MembershipRepository(tx)
            if group.id in members.groups_of(principal.id):
                return Recorded(principal, None)
            check_holds_all(tx, actor, BindingRepository(tx).of_subject(group.id), now)
            members.join(principal.id, group.id, actor.id, now)
            tx.record(member_added(group.id, principal.id, actor, now))
        return Recorded(principal, tx.receipt)

    def remove(self, actor: Actor, name: str, member: str) -> Recorded[Principal]:
        """Take a principal out of a group; one that is not in it is left alone.

        Raises:
            LastAdminError: it is the last administrator, through this group.
        """
        now = self.clock()
        require_recent_login(actor, now)
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.PRINCIPAL_WRITE, REGISTRY)
            groups, directory = GroupRepository(tx), DirectoryRepository(tx)
            group, principal = groups.get(name), directory.find(member)
            members = MembershipRepository(tx)
            if group.id not in members.groups_of(principal.id):
                return Recorded(principal, None)
            directory.lock_administrators()
            members.leave(principal.id, group.id, actor.id, now)
            directory.check_administrators()
            tx.record(member_removed(group.id, principal.id, actor, now))
        return Recorded(principal, tx.receipt)
