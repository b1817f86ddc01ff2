"""Who holds which role on a scope: what a domain above asks that counts people by their roles."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select, union

from modelkeep.domains.access.domain.permissions import Permission
from modelkeep.domains.access.domain.reach import EVERY
from modelkeep.domains.access.domain.scopes import REGISTRY_TEXT, Scope
from modelkeep.domains.access.repository.intervals import in_force
from modelkeep.domains.access.repository.predicate import ACTOR, NOW
from modelkeep.domains.access.repository.standings import token_limits
from modelkeep.domains.access.tables import BINDING, MEMBER, PRINCIPAL, TOKEN
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, TokenId
from modelkeep.platform.database import AnySelect, Transaction, ordered_text

_PERSON = and_(PRINCIPAL.c.kind == PrincipalKind.USER.value, PRINCIPAL.c.disabled_at.is_(None))


def role_held_where(
    *,
    role: ColumnElement[str],
    namespace: ColumnElement[str],
    model: ColumnElement[str],
    stage: ColumnElement[str],
    principal: ColumnElement[str] = ACTOR,
) -> ColumnElement[bool]:
    """Return the condition that somebody holds the role of a query's row; see `operations.role_held_where`."""
    held, membership = BINDING.alias(), MEMBER.alias()
    groups = select(membership.c.group_id).where(membership.c.principal_id == principal, membership.c.until.is_(None))
    return exists().where(
        held.c.role == role,
        in_force(held, NOW),
        held.c.scope.in_((literal(REGISTRY_TEXT, ordered_text()), namespace, model)),
        held.c.stage.in_((literal("", ordered_text()), stage)),
        or_(held.c.subject_id == principal, held.c.subject_id.in_(groups)),
    )


def token_permits(tx: Transaction, actor: Actor, permission: Permission, scope: Scope) -> bool:
    """Say whether the token that an actor came by, if any, is meant for a permission on a scope."""
    if actor.token_id is None:
        return True
    limits = token_limits(tx, actor.token_id)
    meant = limits.permissions & {EVERY, permission.value}
    return bool(meant and limits.scopes & {EVERY, *scope.lineage})


def roles_held(
    tx: Transaction, people: Collection[PrincipalId], scope: Scope, stage: str, at: datetime, *, lock: bool = False
) -> Mapping[PrincipalId, frozenset[str]]:
    """Return which roles people hold on a scope, themselves or by a group, for a stage; see `operations.roles_held`."""
    found: dict[PrincipalId, frozenset[str]] = {}
    if not people:
        return found
    for query in _held(scope, stage, at):
        wanted = query.where(PRINCIPAL.c.id.in_(people))
        for who, role in tx.session.execute(wanted.with_for_update(read=True) if lock else wanted):
            found[PrincipalId(who)] = found.get(PrincipalId(who), frozenset()) | {role}
    return found


def role_holders(
    tx: Transaction, role: str, scope: Scope, stage: str, at: datetime, limit: int
) -> tuple[PrincipalId, ...]:
    """Return some of the people who hold a role on a scope, in the order of their ids."""
    mine, by_group = (query.with_only_columns(PRINCIPAL.c.id) for query in _held(scope, stage, at))
    either = mine.where(BINDING.c.role == role).union(by_group.where(BINDING.c.role == role)).subquery()
    return tuple(PrincipalId(who) for who in tx.session.scalars(select(either.c.id).order_by(either.c.id).limit(limit)))


def token_makers(tx: Transaction, token: TokenId) -> frozenset[str]:
    """Return who made a token, the one that it was made with, and so on."""
    makers: set[str] = set()
    current: str | None = token
    while current is not None:
        row = tx.session.execute(select(TOKEN.c.created_by, TOKEN.c.parent_id).where(TOKEN.c.id == current)).one()
        makers.add(row.created_by or "")
        current = row.parent_id
    return frozenset(makers)


def behind(tx: Transaction, principals: Collection[PrincipalId]) -> frozenset[PrincipalId]:
    """Return who stands behind principals: who owns a service account or made a token of it, and who made a publisher.

    A CI identity has its role from when it is made, by who made its publisher: that is kept when the publisher is gone.
    """
    owners = select(PRINCIPAL.c.owner_id.label("who")).where(PRINCIPAL.c.id.in_(principals))
    makers = (
        select(TOKEN.c.created_by)
        .join(PRINCIPAL, PRINCIPAL.c.id == TOKEN.c.principal_id)
        .where(TOKEN.c.principal_id.in_(principals), PRINCIPAL.c.kind == PrincipalKind.SERVICE.value)
    )
    trusting = (
        select(BINDING.c.granted_by)
        .join(PRINCIPAL, PRINCIPAL.c.id == BINDING.c.subject_id)
        .where(
            BINDING.c.subject_id.in_(principals),
            PRINCIPAL.c.kind == PrincipalKind.CI.value,
            BINDING.c.since == PRINCIPAL.c.created_at,
        )
    )
    rows = tx.session.scalars(union(owners, makers, trusting))
    return frozenset(PrincipalId(who) for who in rows if who is not None)


def active_people(tx: Transaction, people: Collection[PrincipalId], *, lock: bool = False) -> frozenset[PrincipalId]:
    """Return those of the people who are not disabled."""
    query = select(PRINCIPAL.c.id).where(PRINCIPAL.c.id.in_(people), _PERSON)
    return frozenset(map(PrincipalId, tx.session.scalars(query.with_for_update(read=True) if lock else query)))


def _held(scope: Scope, stage: str, at: datetime) -> tuple[AnySelect, AnySelect]:
    """Return the queries of who holds which role, of their own and by a group."""
    mine = select(PRINCIPAL.c.id, BINDING.c.role).join(BINDING, BINDING.c.subject_id == PRINCIPAL.c.id)
    by_group = (
        select(PRINCIPAL.c.id, BINDING.c.role)
        .join(MEMBER, MEMBER.c.principal_id == PRINCIPAL.c.id)
        .join(BINDING, BINDING.c.subject_id == MEMBER.c.group_id)
        .where(MEMBER.c.until.is_(None))
    )
    applies = BINDING.c.scope.in_(scope.lineage), BINDING.c.stage.in_(("", stage)), in_force(BINDING, at)
    return mine.where(_PERSON, *applies), by_group.where(_PERSON, *applies)
