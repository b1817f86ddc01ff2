"""The one condition of access control: lists filter by it, and single checks evaluate it. They cannot disagree.

It is built once over the columns of a query (or over bound values, for a single check), and bound when it runs; see
`bound_values`. The statement is the same for every actor and every permission, so it is compiled once.

An actor may, where

- a role of its own or of one of its groups grants the permission on the registry, the namespace or the model, or the
  model's visibility does, and
- the principal is not disabled, and
- the token, if there is one, is meant for that permission and that scope.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, exists, literal, or_, select, union_all

from modelkeep.domains.access.domain.permissions import Permission, builtin_roles_with, is_never, shown_to
from modelkeep.domains.access.domain.reach import EVERY
from modelkeep.domains.access.domain.scopes import REGISTRY_TEXT, Scope
from modelkeep.domains.access.repository.intervals import in_force
from modelkeep.domains.access.tables import (
    BINDING,
    MEMBER,
    PRINCIPAL,
    ROLE_PERMISSION,
    TOKEN_PERMISSION,
    TOKEN_SCOPE,
)
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import UtcDateTime, ordered_text

Values = Mapping[str, Any]
"""What a statement with the condition is executed with."""

_TEXT: Final = ordered_text()
ACTOR: Final = bindparam("access_actor", type_=_TEXT)
_TOKEN: Final = bindparam("access_token", type_=_TEXT)
NOW: Final = bindparam("access_now", type_=UtcDateTime())
_PERMISSION: Final = bindparam("access_permission", type_=_TEXT)
_STAGE: Final = bindparam("access_stage", type_=_TEXT)
_ROLES: Final = bindparam("access_roles", type_=_TEXT, expanding=True)
_SHOWN: Final = bindparam("access_shown", type_=_TEXT, expanding=True)

# Aliases of its own: a query over the same tables, such as a list of bindings, must not be taken for a part of it.
_HELD: Final = BINDING.alias()
_MEMBERSHIP: Final = MEMBER.alias()
_SELF: Final = PRINCIPAL.alias()
_ROLE_GRANT: Final = ROLE_PERMISSION.alias()
_TOKEN_GRANT: Final = TOKEN_PERMISSION.alias()
_TOKEN_PLACE: Final = TOKEN_SCOPE.alias()

_CUSTOM_ROLES: Final = select(_ROLE_GRANT.c.role).where(_ROLE_GRANT.c.permission == _PERMISSION)
SUBJECTS: Final = union_all(
    select(ACTOR),
    select(_MEMBERSHIP.c.group_id).where(_MEMBERSHIP.c.principal_id == ACTOR, _MEMBERSHIP.c.until.is_(None)),
)
_GRANTED: Final = select(_HELD.c.scope).where(
    _HELD.c.subject_id.in_(SUBJECTS),
    in_force(_HELD, NOW),
    or_(_HELD.c.role.in_(_ROLES), _HELD.c.role.in_(_CUSTOM_ROLES)),
    or_(_HELD.c.stage == "", _HELD.c.stage == _STAGE, _STAGE == EVERY),
)
_LIMITS: Final = select(_TOKEN_PLACE.c.scope).where(_TOKEN_PLACE.c.token_id == _TOKEN)
_HELD_SCOPES: Final = select(_GRANTED.cte("access_held").c.scope)
_MEANT_SCOPES: Final = select(_LIMITS.cte("access_meant").c.scope)
_ENABLED: Final = exists().where(_SELF.c.id == ACTOR, _SELF.c.disabled_at.is_(None))
_TOKEN_PERMITS: Final = exists().where(
    _TOKEN_GRANT.c.token_id == _TOKEN, _TOKEN_GRANT.c.permission.in_((EVERY, _PERMISSION))
)
_NAMESPACE: Final = bindparam("access_namespace", type_=_TEXT)
_MODEL: Final = bindparam("access_model", type_=_TEXT)


def permitted_where(
    *,
    namespace: ColumnElement[str],
    model: ColumnElement[str] | None = None,
    visibility: ColumnElement[str] | None = None,
    one: bool = False,
) -> ColumnElement[bool]:
    """Return the condition over the columns of a query that name what is asked for.

    A list collects the scopes that the actor holds once, and compares each row with them. A query about one thing
    looks for a binding on its scopes instead, however many the actor holds elsewhere.

    Args:
        namespace: its namespace.
        model: its model's whole name, if it is or belongs to one.
        visibility: that model's visibility.
        one: whether the query is about one thing.
    """
    levels = [literal(REGISTRY_TEXT, _TEXT), namespace, *(() if model is None else (model,))]
    shown = () if visibility is None else (visibility.in_(_SHOWN),)
    if one:
        granted = [_GRANTED.where(_HELD.c.scope.in_(levels)).exists()]
        limits = [_LIMITS.where(_TOKEN_PLACE.c.scope.in_(levels)).exists()]
    else:
        granted = [level.in_(_HELD_SCOPES) for level in levels]
        limits = [level.in_(_MEANT_SCOPES) for level in levels]
    return and_(_ENABLED, or_(*shown, *granted), or_(_TOKEN == "", and_(_TOKEN_PERMITS, or_(*limits))))


CHECK: Final = select(permitted_where(namespace=_NAMESPACE, model=_MODEL, one=True))
"""Whether an actor may, on a scope and not by visibility: executed with `bound_values` and `scope_values`."""

ANYWHERE: Final = select(and_(_ENABLED, _GRANTED.exists(), or_(_TOKEN == "", _TOKEN_PERMITS)))
"""Whether an actor may on any scope at all: executed with `bound_values`."""


def scope_values(scope: Scope) -> Values:
    """Return what `CHECK` is executed with for a scope."""
    return {
        "access_namespace": scope.namespace or "",
        "access_model": scope.text if "/" in scope.text else "",
    }


def bound_values(actor: Actor, permission: Permission, now: datetime, *, stage: str | None = None) -> Values:
    """Return what a statement with the condition is executed with.

    `stage` is the one that a permission on stages is asked for; without it only a binding to all stages grants that.
    """
    never = is_never(actor.kind, permission)
    return {
        "access_actor": actor.id,
        "access_token": actor.token_id or "",
        "access_now": now,
        "access_permission": "" if never else permission.value,
        "access_roles": () if never else builtin_roles_with(permission),
        "access_shown": shown_to(actor.kind, permission),
        "access_stage": (stage or "") if permission.is_staged else EVERY,
    }
