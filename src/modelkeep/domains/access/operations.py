"""What higher domains do with access control inside their own transactions."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement

from modelkeep.domains.access.domain.permissions import Permission
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.scopes import Scope
from modelkeep.domains.access.repository import AccessRepository, BindingRepository, DirectoryRepository, holders
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind
from modelkeep.platform.database import Transaction

_REGISTRY: Final = PrincipalId("system")
"""Who made the first administrator's token; nobody acts through it."""


def anonymise(tx: Transaction, principal_id: PrincipalId, at: datetime) -> bool:
    """Take what says who a principal is, and disable it; say whether there was anything to take.

    The row stays, for what the principal did refers to it. The caller records the event.

    Raises:
        PrincipalNotFoundError: there is no such principal.
    """
    return AccessRepository(tx).anonymise(principal_id, at)


def forget_reasons(
    tx: Transaction, *, scope: str | None = None, within: str | None = None, grantor: str | None = None
) -> int:
    """Drop why roles were granted, and return how often: exactly on a scope, within one, or by somebody."""
    return BindingRepository(tx).forget_reasons(scope=scope, within=within, grantor=grantor)


def end_bindings_in(tx: Transaction, actor: Actor, namespace: str, clock: Clock) -> None:
    """End every binding on a namespace that is being deleted, and on models in it."""
    bindings = BindingRepository(tx)
    ended = bindings.in_namespace(namespace)
    if ended:
        now = clock()
        bindings.end([binding.id for binding in ended], actor.id, now)
        tx.record(*(binding.end(actor, now)[1] for binding in ended))


def roles_held(
    tx: Transaction, people: Collection[PrincipalId], scope: Scope, stage: str, at: datetime, *, lock: bool = False
) -> Mapping[PrincipalId, frozenset[str]]:
    """Return which roles people hold on a scope now, themselves or by a group; bindings to other stages do not count.

    Only people who are not disabled are found: no service account, no CI identity. With `lock` nobody takes one of the
    roles back until the transaction ends: who was about to waits, and who has is seen.
    """
    return holders.roles_held(tx, people, scope, stage, at, lock=lock)


def role_holders(
    tx: Transaction, role: str, scope: Scope, stage: str, at: datetime, *, limit: int
) -> tuple[PrincipalId, ...]:
    """Return some of the people who hold a role on a scope now, for a stage."""
    return holders.role_holders(tx, role, scope, stage, at, limit)


def acts_for_themselves(tx: Transaction, actor: Actor) -> bool:
    """Say whether an actor is a person who came by a login or by a token that nobody else had a hand in."""
    if actor.kind is not PrincipalKind.USER:
        return False
    return actor.token_id is None or holders.token_makers(tx, actor.token_id) <= {actor.id, _REGISTRY}


def people_behind(tx: Transaction, principals: Collection[PrincipalId]) -> frozenset[PrincipalId]:
    """Return principals and whoever can act through them: nobody of these is a second person.

    Behind a service account are its owner and who ever made a token of it, behind a CI identity who made its publisher,
    and whoever is behind those.
    """
    known = new = frozenset(principals)
    while new:
        new = holders.behind(tx, new) - known - {_REGISTRY}
        known |= new
    return known


def active_people(tx: Transaction, people: Collection[PrincipalId], *, lock: bool = False) -> frozenset[PrincipalId]:
    """Return those of the people who are not disabled; with `lock` nobody is disabled until the transaction ends."""
    return holders.active_people(tx, people, lock=lock)


def role_held_where(
    *,
    role: ColumnElement[str],
    namespace: ColumnElement[str],
    model: ColumnElement[str],
    stage: ColumnElement[str],
    principal: ColumnElement[str] | None = None,
) -> ColumnElement[bool]:
    """Return the condition that the actor, or another principal, holds the role of a query's row on its model.

    The query is executed with `AccessService.values`.
    """
    whose = {} if principal is None else {"principal": principal}
    return holders.role_held_where(role=role, namespace=namespace, model=model, stage=stage, **whose)


def token_permits(tx: Transaction, actor: Actor, permission: Permission, scope: Scope) -> bool:
    """Say whether the token that an actor came by, if any, is meant for a permission on a scope.

    For who acts in the right of somebody else: whether they hold the permission themselves is not asked.
    """
    return holders.token_permits(tx, actor, permission, scope)


def find_principal(tx: Transaction, who: str) -> Principal:
    """Return a principal by its name or id.

    Raises:
        PrincipalNotFoundError: there is nobody so called, or there are several.
    """
    return DirectoryRepository(tx).find(who)
