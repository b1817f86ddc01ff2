"""Reads what decides about a principal on a scope."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from modelkeep.domains.access.domain.permissions import ROLES, Permission
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.scopes import Scope
from modelkeep.domains.access.domain.standing import Holding, Standing, TokenLimits
from modelkeep.domains.access.repository.bindings import BINDINGS, build_binding
from modelkeep.domains.access.repository.intervals import held_at
from modelkeep.domains.access.tables import BINDING, GROUP, MEMBER, ROLE_PERMISSION, TOKEN_PERMISSION, TOKEN_SCOPE
from modelkeep.kernel.identity import TokenId
from modelkeep.platform.database import Transaction


def read_standing(
    tx: Transaction, principal: Principal, scope: Scope, at: datetime, *, token_id: TokenId | None = None
) -> Standing:
    """Return what decides about a principal on a scope at a time; roles grant what they grant now."""
    groups = tx.session.execute(
        select(GROUP.c.id, GROUP.c.name)
        .join(MEMBER, MEMBER.c.group_id == GROUP.c.id)
        .where(MEMBER.c.principal_id == principal.id, held_at(MEMBER.c.since, MEMBER.c.until, at))
    ).all()
    names = {row.id: row.name for row in groups}
    rows = tx.session.execute(
        BINDINGS.where(
            BINDING.c.subject_id.in_([principal.id, *names]),
            BINDING.c.scope.in_(scope.lineage),
            held_at(BINDING.c.since, BINDING.c.until, at),
        ).order_by(BINDING.c.id)
    ).all()
    bindings = [build_binding(row) for row in rows]
    granted = permissions_of(tx, {binding.role for binding in bindings})
    holdings = tuple(
        Holding(binding, names.get(binding.subject.id), granted.get(binding.role, frozenset())) for binding in bindings
    )
    return Standing(principal, holdings, None if token_id is None else token_limits(tx, token_id))


def permissions_of(tx: Transaction, roles: Iterable[str]) -> dict[str, frozenset[Permission]]:
    """Return what roles grant now."""
    wanted = set(roles)
    found = {name: granted for name, granted in ROLES.items() if name in wanted}
    rows = tx.session.execute(
        select(ROLE_PERMISSION.c.role, ROLE_PERMISSION.c.permission).where(
            ROLE_PERMISSION.c.role.in_(wanted - found.keys())
        )
    )
    for row in rows:
        found[row.role] = found.get(row.role, frozenset()) | {Permission(row.permission)}
    return found


def token_limits(tx: Transaction, token_id: TokenId) -> TokenLimits:
    """Return what a token may be used for."""
    permissions = tx.session.scalars(
        select(TOKEN_PERMISSION.c.permission).where(TOKEN_PERMISSION.c.token_id == token_id)
    )
    scopes = tx.session.scalars(select(TOKEN_SCOPE.c.scope).where(TOKEN_SCOPE.c.token_id == token_id))
    return TokenLimits(frozenset(permissions), frozenset(scopes))
