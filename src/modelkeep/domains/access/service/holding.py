"""Nobody gives away what they do not hold there themselves."""

from datetime import datetime

from modelkeep.domains.access.domain.bindings import Binding
from modelkeep.domains.access.domain.permissions import Permission
from modelkeep.domains.access.domain.refusals import excess
from modelkeep.domains.access.domain.scopes import Scope
from modelkeep.domains.access.repository import (
    BindingRepository,
    DirectoryRepository,
    MembershipRepository,
    permissions_of,
    read_standing,
)
from modelkeep.kernel.identity import Actor, PrincipalId
from modelkeep.platform.database import Transaction


def check_holds(
    tx: Transaction, actor: Actor, permissions: frozenset[Permission], scope: Scope, stage: str, at: datetime
) -> None:
    """Refuse to give permissions away that the actor does not hold on the scope, with the token it acts by.

    Raises:
        GrantExceedsError: it does not; the details list what is missing.
    """
    principal = DirectoryRepository(tx).find(actor.id)
    standing = read_standing(tx, principal, scope, at, token_id=actor.token_id)
    missing = permissions - standing.held(scope, stage or None, at)
    if missing:
        raise excess(actor, missing, scope, at)


def check_holds_as(tx: Transaction, actor: Actor, principal: PrincipalId, at: datetime) -> None:
    """Refuse to act as a principal, as with a token of it, unless the actor holds all that it and its groups hold.

    Raises:
        GrantExceedsError: it does not.
    """
    subjects = (principal, *MembershipRepository(tx).groups_of(principal))
    check_holds_all(tx, actor, BindingRepository(tx).of_subject(*subjects), at)


def check_holds_all(tx: Transaction, actor: Actor, bindings: tuple[Binding, ...], at: datetime) -> None:
    """Refuse to hand on what bindings give, as by putting somebody into a group, unless the actor holds it all.

    Raises:
        GrantExceedsError: it does not.
    """
    granted = permissions_of(tx, {binding.role for binding in bindings})
    for binding in bindings:
        permissions = granted.get(binding.role, frozenset())
        check_holds(tx, actor, permissions, binding.scope, binding.stage, at)
