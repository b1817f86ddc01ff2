"""Permissions, the built-in roles, and what they mean without a binding."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from modelkeep.kernel.identity import PrincipalKind


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
    VERSION_DOWNLOAD_QUARANTINED = "version.download_quarantined"
    VERSION_QUARANTINE = "version.quarantine"
    VERSION_DELETE = "version.delete"
    ALIAS_WRITE = "alias.write"
    STAGE_REQUEST = "stage.request"
    STAGE_APPROVE = "stage.approve"
    STAGE_PROMOTE = "stage.promote"
    GATE_WAIVE = "gate.waive"
    GATE_REPORT = "gate.report"
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

    @property
    def is_staged(self) -> bool:
        """Whether a binding can limit it to one stage."""
        return self in STAGED

    @property
    def is_privileged(self) -> bool:
        """Whether the audit log keeps a refusal: it changes something, or takes the log out of the registry."""
        return self not in _READS


STAGED: Final = frozenset({Permission.STAGE_REQUEST, Permission.STAGE_APPROVE, Permission.STAGE_PROMOTE})
_METADATA: Final = frozenset({Permission.MODEL_READ, Permission.VERSION_READ})
_READS: Final = _METADATA | {
    Permission.VERSION_DOWNLOAD,
    Permission.GRANT_READ,
    Permission.AUDIT_READ,
    Permission.WEBHOOK_READ,
}
_CONTRIBUTOR: Final = _METADATA | {
    Permission.VERSION_DOWNLOAD,
    Permission.MODEL_WRITE,
    Permission.VERSION_CREATE,
    Permission.VERSION_WRITE,
    Permission.ALIAS_WRITE,
    Permission.CARD_WRITE,
    Permission.STAGE_REQUEST,
    Permission.TOKEN_CREATE,
}
_MAINTAINER: Final = _CONTRIBUTOR | {
    Permission.NAMESPACE_WRITE,
    Permission.NAMESPACE_DELETE,
    Permission.MODEL_DELETE,
    Permission.VERSION_DELETE,
    Permission.VERSION_QUARANTINE,
    Permission.STAGE_PROMOTE,
    Permission.GRANT_READ,
    Permission.GRANT_WRITE,
    Permission.WEBHOOK_READ,
    Permission.WEBHOOK_WRITE,
}
_AUDITOR: Final = _METADATA | {
    Permission.GRANT_READ,
    Permission.AUDIT_READ,
    Permission.AUDIT_EXPORT,
    Permission.WEBHOOK_READ,
}
_APPROVER: Final = _METADATA | {Permission.STAGE_APPROVE}

ADMIN: Final = "admin"
ROLES: Final[Mapping[str, frozenset[Permission]]] = {
    "viewer": _METADATA,
    "contributor": _CONTRIBUTOR,
    "maintainer": _MAINTAINER,
    ADMIN: frozenset(Permission),
    "auditor": _AUDITOR,
    "TEAM_LEAD": _APPROVER,
    "LEGAL": _APPROVER,
    "SECURITY": _APPROVER | {Permission.GATE_WAIVE},
}
"""The built-in roles and what they grant. They live in the program, not in the database: an upgrade extends them."""

SHOWN_BY_VISIBILITY: Final[Mapping[Permission, tuple[str, ...]]] = {
    Permission.MODEL_READ: ("internal", "public"),
    Permission.VERSION_READ: ("internal", "public"),
    Permission.VERSION_DOWNLOAD: ("public",),
}
"""What every principal but a CI identity may do without a binding, by the visibility of the model."""

NEVER: Final[Mapping[PrincipalKind, frozenset[Permission]]] = {
    PrincipalKind.CI: frozenset(
        {
            Permission.STAGE_APPROVE,
            Permission.STAGE_PROMOTE,
            Permission.GATE_WAIVE,
            Permission.POLICY_WRITE,
            Permission.GRANT_WRITE,
            Permission.PRINCIPAL_WRITE,
            Permission.TOKEN_CREATE,
            Permission.LOGIN_WRITE,
            Permission.AUDIT_ERASE,
        }
    )
}
"""What no role gives to a kind of principal: a pipeline never approves, and never hands out rights."""


def builtin_roles_with(permission: Permission) -> tuple[str, ...]:
    """Return the built-in roles that grant a permission."""
    return tuple(name for name, granted in ROLES.items() if permission in granted)


def is_never(kind: PrincipalKind, permission: Permission) -> bool:
    """Say whether this kind of principal is refused the permission whatever it is granted."""
    return permission in NEVER.get(kind, frozenset())


def within_reach(kind: PrincipalKind, permissions: frozenset[Permission]) -> frozenset[Permission]:
    """Return those of the permissions that a kind of principal can hold at all."""
    return permissions - NEVER.get(kind, frozenset())


def shown_to(kind: PrincipalKind, permission: Permission) -> tuple[str, ...]:
    """Return the visibilities of models on which this kind of principal needs no binding for the permission."""
    return () if kind in (PrincipalKind.CI, PrincipalKind.SYSTEM) else SHOWN_BY_VISIBILITY.get(permission, ())
