"""The refusal of an action, and what the audit log keeps of it."""

from dataclasses import replace
from datetime import datetime

from modelkeep.domains.access.domain.permissions import Permission
from modelkeep.domains.access.domain.scopes import REGISTRY, Scope
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor


class ForbiddenError(RegistryError):
    """The actor may see what it asked for, and holds no role that grants the action."""

    kind = Kind.FORBIDDEN
    code = "access.forbidden"


class GrantExceedsError(ForbiddenError):
    """Nobody gives away what they do not hold there themselves."""

    code = "access.grant_exceeds"


def refusal(actor: Actor, permission: Permission, scope: Scope, at: datetime) -> ForbiddenError:
    """Return the error that names the permission and whom to ask; if it is privileged, it brings its audit event."""
    where = "the registry" if scope == REGISTRY else str(scope)
    error = ForbiddenError(
        f"{actor.name} may not {permission} on {where}; ask an administrator, or a maintainer of it, for a role that "
        f"grants {permission}",
        permission=permission.value,
        scope=str(scope),
    )
    if permission.is_privileged:
        error.event = _denied(actor, permission, scope, at)
    return error


def excess(actor: Actor, missing: frozenset[Permission], scope: Scope, at: datetime) -> ForbiddenError:
    """Return the error for who would give away what they do not hold there themselves."""
    error = GrantExceedsError(
        f"{actor.name} does not hold {', '.join(sorted(missing))} on {scope}, and nobody gives away what they do not "
        "hold; ask somebody who does",
        permissions=sorted(missing),
        scope=str(scope),
    )
    error.event = _denied(actor, min(missing), scope, at)
    return error


def impersonation(actor: Actor, at: datetime) -> ForbiddenError:
    """Return the error for who would make a token that acts as another person."""
    error = ForbiddenError(
        f"{actor.name} may not make a token for another person: people log in, and make their own",
        permission=Permission.TOKEN_CREATE.value,
        scope=str(REGISTRY),
    )
    error.event = _denied(actor, Permission.TOKEN_CREATE, REGISTRY, at)
    return error


def _denied(actor: Actor, permission: Permission, scope: Scope, at: datetime) -> Event:
    unkeyed = replace(actor, request=replace(actor.request, idempotency_key=None))  # a refusal is no effect
    data = {"permission": permission.value, "scope": str(scope)}
    return Event("access.access_denied", str(scope), unkeyed, at, data)
