"""Permissions, roles, and the decision whether an actor may."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.identity import Actor


class Permission(StrEnum):
    """What a use case may require; the set is closed and named `noun.verb`."""

    NAMESPACE_WRITE = "namespace.write"
    NAMESPACE_DELETE = "namespace.delete"
    MODEL_READ = "model.read"
    MODEL_WRITE = "model.write"
    MODEL_DELETE = "model.delete"
    VERSION_READ = "version.read"
    VERSION_CREATE = "version.create"
    VERSION_WRITE = "version.write"
    VERSION_DOWNLOAD = "version.download"
    VERSION_DELETE = "version.delete"
    ALIAS_WRITE = "alias.write"
    STAGE_REQUEST = "stage.request"
    STAGE_APPROVE = "stage.approve"
    STAGE_PROMOTE = "stage.promote"
    CARD_WRITE = "card.write"
    POLICY_WRITE = "policy.write"
    GRANT_READ = "grant.read"
    GRANT_WRITE = "grant.write"
    PRINCIPAL_WRITE = "principal.write"
    TOKEN_CREATE = "token.create"  # noqa: S105 - the name of a permission
    AUDIT_READ = "audit.read"
    AUDIT_EXPORT = "audit.export"
    AUDIT_ERASE = "audit.erase"
    WEBHOOK_READ = "webhook.read"
    WEBHOOK_WRITE = "webhook.write"
    LOGIN_WRITE = "login.write"


ADMIN: Final = "admin"
ROLES: Final[Mapping[str, frozenset[Permission]]] = {ADMIN: frozenset(Permission)}
"""The built-in roles and what they grant."""


class ForbiddenError(RegistryError):
    """The actor holds no role that grants the action."""

    kind = Kind.FORBIDDEN
    code = "access.forbidden"


def require(actor: Actor, permission: Permission, subject: str) -> None:
    """Raise ForbiddenError unless one of the actor's roles grants the permission."""
    if not any(permission in ROLES.get(role, frozenset()) for role in actor.roles):
        raise ForbiddenError(
            f"{actor.name} may not {permission} on {subject}; ask an administrator for a role that grants {permission}",
            permission=permission.value,
            subject=subject,
        )
