"""Admits who has logged in: finds or makes the user, and brings the groups up to date. Inside one transaction."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access.domain.memberships import member_added, member_removed
from modelkeep.domains.access.domain.openid.identity_tokens import ExternalIdentity
from modelkeep.domains.access.domain.openid.logins import LoginRefusedError, group_changes
from modelkeep.domains.access.domain.openid.providers import LoginProvider
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.repository import (
    AccessRepository,
    DirectoryRepository,
    LoginRepository,
    MembershipRepository,
)
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, RequestInfo
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.database import Transaction

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Admission:
    """How somebody is admitted: through which provider, when, by which request, and what is stored of an e-mail."""

    provider: LoginProvider
    now: datetime
    request: RequestInfo
    new_id: IdSource
    email_digest: Callable[[str], str]

    def admit(self, tx: Transaction, identity: ExternalIdentity) -> Actor:
        """Return who has logged in, as an actor.

        Raises:
            LoginRefusedError: an administrator has disabled the user.
            LastAdminError: the provider takes the last administrator out of the group that makes one.
        """
        principal, is_new = self._find(tx, identity)
        if principal.disabled_at is not None:
            raise LoginRefusedError("this user was disabled; ask an administrator")
        actor = Actor(principal.id, principal.name, principal.kind, principal.roles, request=self.request)
        if is_new:
            tx.record(Event("access.identity_linked", principal.id, actor, self.now, {"provider": self.provider.name}))
        self._bring_groups_up_to_date(tx, identity, actor)
        tx.record(Event("access.user_logged_in", principal.id, actor, self.now, {"provider": self.provider.name}))
        return actor

    def _find(self, tx: Transaction, identity: ExternalIdentity) -> tuple[Principal, bool]:
        """Return the user, and whether the identity is new to the registry."""
        logins = LoginRepository(tx)
        digest = self.email_digest(identity.email) if identity.email else None
        known = logins.find_user(identity.issuer, identity.subject)
        if known is not None:
            logins.set_email(identity, digest)
            return AccessRepository(tx).get_principal(known), False
        linked: tuple[PrincipalId, ...] = ()
        if digest and self.provider.details.link_by_email:
            linked = logins.find_users_by_email(digest, new_at=identity.issuer)
        one = len(linked) == 1
        principal = AccessRepository(tx).get_principal(linked[0]) if one else self._new_user(tx, identity)
        logins.add_identity(identity, principal.id, digest, self.now)
        return principal, True

    def _new_user(self, tx: Transaction, identity: ExternalIdentity) -> Principal:
        """Make a user without a password, and with no rights but those that groups give."""
        principal = Principal(PrincipalId(self.new_id()), PrincipalKind.USER, identity.name, frozenset(), self.now)
        AccessRepository(tx).add_principal(principal)
        actor = Actor(principal.id, principal.name, principal.kind, frozenset(), request=self.request)
        tx.record(Event("access.principal_created", principal.id, actor, self.now, {"roles": []}))
        return principal

    def _bring_groups_up_to_date(self, tx: Transaction, identity: ExternalIdentity, actor: Actor) -> None:
        mapping = self.provider.details.groups
        if not mapping:
            return
        memberships, directory = MembershipRepository(tx), DirectoryRepository(tx)
        changes = group_changes(mapping, identity.groups, memberships.groups_of(actor.id))
        joined = memberships.existing(changes.joined)
        for group in sorted(joined):
            memberships.join(actor.id, group, actor.id, self.now)
            tx.record(member_added(group, actor.id, actor, self.now))
        if changes.left:
            directory.lock_administrators()
        for group in sorted(changes.left):
            memberships.leave(actor.id, group, actor.id, self.now)
            tx.record(member_removed(group, actor.id, actor, self.now))
        if changes.left:
            directory.check_administrators()
        if joined != changes.joined:
            _log.warning("login provider %s maps to groups that were deleted", self.provider.name)
