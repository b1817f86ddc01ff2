"""Lists principals, makes service accounts, and disables who must not act any more."""

from dataclasses import dataclass

from modelkeep.domains.access.domain.permissions import Permission
from modelkeep.domains.access.domain.principals import Principal, PrincipalExistsError, check_account_name
from modelkeep.domains.access.domain.scopes import REGISTRY
from modelkeep.domains.access.repository import AccessRepository, DirectoryRepository
from modelkeep.domains.access.service.authorization import AccessService
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database


@dataclass(frozen=True, slots=True)
class PrincipalService:
    """Users, service accounts and CI identities."""

    database: Database
    access: AccessService
    clock: Clock
    new_id: IdSource

    def list(self, actor: Actor, kind: PrincipalKind | None, page: PageRequest) -> Page[Principal]:
        """Return one page of principals, by name."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.GRANT_READ, REGISTRY)
            return DirectoryRepository(tx).list(kind, page)

    def get(self, actor: Actor, who: str) -> Principal:
        """Return a principal by name or id."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.GRANT_READ, REGISTRY)
            return DirectoryRepository(tx).find(who)

    def create_service_account(self, actor: Actor, name: str, *, owner: str) -> Recorded[Principal]:
        """Make a service account that a user answers for.

        Raises:
            PrincipalExistsError: there is a service account of this name.
            InvalidValueError: the owner is no user, or disabled.
        """
        now = self.clock()
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.PRINCIPAL_WRITE, REGISTRY)
            directory = DirectoryRepository(tx)
            responsible = directory.find(owner)
            if responsible.kind is not PrincipalKind.USER or responsible.disabled_at is not None:
                raise InvalidValueError(f"{owner} cannot own a service account: its owner is a user who may act")
            if directory.has_account(check_account_name(name)):
                raise PrincipalExistsError(f"service account {name} exists already", principal=name)
            account = Principal(
                PrincipalId(self.new_id()), PrincipalKind.SERVICE, name, frozenset(), now, owner_id=responsible.id
            )
            AccessRepository(tx).add_principal(account)
            tx.record(account.created(actor))
        return Recorded(account, tx.receipt)

    def disable(self, actor: Actor, who: str) -> Recorded[Principal]:
        """Disable a principal: it may do nothing from now on, whatever it holds; one that is disabled is left alone.

        Raises:
            LastAdminError: it is the last administrator.
        """
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.PRINCIPAL_WRITE, REGISTRY)
            directory = DirectoryRepository(tx)
            principal = directory.find(who)
            if principal.disabled_at is not None:
                return Recorded(principal, None)
            directory.lock_administrators()
            disabled, event = principal.disable(actor, self.clock())
            AccessRepository(tx).disable(disabled.id, event.at)
            directory.check_administrators()
            tx.record(event)
        return Recorded(disabled, tx.receipt)
