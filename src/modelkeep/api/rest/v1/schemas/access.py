"""Roles, bindings, groups and principals on the wire."""

from datetime import datetime
from typing import Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.access import (
    Binding,
    Explanation,
    Group,
    Membership,
    NewBinding,
    Permission,
    Principal,
    Reviewed,
    Role,
    Scope,
)
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.events import Receipt


def permissions_of(texts: list[str]) -> frozenset[Permission]:
    """Return the permissions with these names.

    Raises:
        InvalidValueError: there is no such permission.
    """
    return frozenset(map(permission_of, texts))


def permission_of(text: str) -> Permission:
    """Return the permission with this name.

    Raises:
        InvalidValueError: there is none.
    """
    try:
        return Permission(text)
    except ValueError:
        raise InvalidValueError(f"{text[:80]!r} is no permission; there are {', '.join(sorted(Permission))}") from None


class BindingIn(In):
    """A role that is given to somebody."""

    subject: str = Field(description="Name or id of a principal, or `group:NAME`", examples=["ada"])
    role: str = Field(examples=["contributor"])
    scope: str = Field("*", description="`*` for the registry, a namespace, or `namespace/model`", examples=["fraud"])
    stage: str = Field("", description="Limits the permissions on stages to one, such as `Production`")
    expires_at: datetime | None = Field(None, description="When it ends by itself; with its zone")
    reason: str = ""

    def value(self) -> NewBinding:
        """Return it as the domain takes it.

        Raises:
            InvalidValueError: the time has no zone.
        """
        if self.expires_at is not None and self.expires_at.tzinfo is None:
            raise InvalidValueError("expires_at needs its zone: add Z for UTC, or an offset such as +01:00")
        scope = Scope.parse(self.scope)
        return NewBinding(self.subject, self.role, scope, self.stage, self.expires_at, self.reason)


class BindingOut(Out):
    """A role of a principal or a group, from one moment to another; `until` is null for now."""

    id: str
    subject_type: str
    subject: PrincipalOut
    role: str
    scope: str
    stage: str
    expires_at: Timestamp | None
    reason: str
    since: Timestamp
    granted_by: PrincipalOut
    until: Timestamp | None
    ended_by: PrincipalOut | None
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, binding: Binding, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a binding."""
        return cls(
            id=binding.id,
            subject_type=binding.subject.type.value,
            subject=PrincipalOut(id=binding.subject.id, name=names.get(binding.subject.id, binding.subject.id)),
            role=binding.role,
            scope=str(binding.scope),
            stage=binding.stage,
            expires_at=binding.expires_at,
            reason=binding.reason,
            since=binding.since,
            granted_by=PrincipalOut.of(binding.granted_by, names),
            until=binding.until,
            ended_by=None if binding.ended_by is None else PrincipalOut.of(binding.ended_by, names),
            audit=ReceiptOut.of(receipt),
        )


class GrantingOut(Out):
    """A binding that allows what was asked: directly, or through a group."""

    binding_id: str
    role: str
    scope: str
    stage: str
    group: str | None
    granted_by: PrincipalOut
    expires_at: Timestamp | None


class ExplanationOut(Out):
    """Whether somebody may, because of what, and what is missing."""

    allowed: bool
    bindings: list[GrantingOut]
    visibility: str | None = Field(description="The visibility of the model, where that alone allows it")
    missing: list[str]

    @classmethod
    def of(cls, explanation: Explanation, names: Names) -> Self:
        """Present an explanation."""
        return cls(
            allowed=explanation.allowed,
            bindings=[
                GrantingOut(
                    binding_id=holding.binding.id,
                    role=holding.binding.role,
                    scope=str(holding.binding.scope),
                    stage=holding.binding.stage,
                    group=holding.group,
                    granted_by=PrincipalOut.of(holding.binding.granted_by, names),
                    expires_at=holding.binding.expires_at,
                )
                for holding in explanation.holdings
            ],
            visibility=explanation.visibility,
            missing=list(explanation.missing),
        )


class ReviewOut(Out):
    """A line of an access review."""

    principal: PrincipalOut
    kind: str
    role: str
    scope: str
    stage: str
    group: str | None
    binding_id: str
    granted_by: PrincipalOut
    since: Timestamp
    expires_at: Timestamp | None
    last_used: Timestamp | None

    @classmethod
    def of(cls, line: Reviewed, names: Names) -> Self:
        """Present a line."""
        return cls(
            principal=PrincipalOut(id=line.principal, name=line.principal_name),
            kind=line.principal_kind.value,
            role=line.binding.role,
            scope=str(line.binding.scope),
            stage=line.binding.stage,
            group=line.group,
            binding_id=line.binding.id,
            granted_by=PrincipalOut.of(line.binding.granted_by, names),
            since=line.binding.since,
            expires_at=line.binding.expires_at,
            last_used=line.last_used,
        )


class RoleIn(In):
    """A role to make."""

    name: str = Field(examples=["release-manager"])
    permissions: list[str] = Field(min_length=1, examples=[["model.read", "stage.promote"]])
    description: str = ""


class RolePatchIn(In):
    """What of a role changes; what is left out stays."""

    permissions: list[str] | None = None
    description: str | None = None


class RoleOut(Out):
    """A role and what it grants."""

    name: str
    built_in: bool
    permissions: list[str]
    description: str
    revision: int
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, role: Role, receipt: Receipt | None = None) -> Self:
        """Present a role."""
        return cls(
            name=role.name,
            built_in=role.is_built_in,
            permissions=sorted(role.permissions),
            description=role.description,
            revision=role.revision,
            audit=ReceiptOut.of(receipt),
        )


class RolesOut(Out):
    """All roles."""

    items: list[RoleOut]


class GroupIn(In):
    """A group to make."""

    name: str = Field(examples=["risk"])


class GroupOut(Out):
    """A group."""

    id: str
    name: str
    created_at: Timestamp
    created_by: PrincipalOut
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, group: Group, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a group."""
        return cls(
            id=group.id,
            name=group.name,
            created_at=group.created_at,
            created_by=PrincipalOut.of(group.created_by, names),
            audit=ReceiptOut.of(receipt),
        )


class MemberOut(Out):
    """Somebody in a group."""

    principal: PrincipalOut
    since: Timestamp
    added_by: PrincipalOut

    @classmethod
    def of(cls, membership: Membership, names: Names) -> Self:
        """Present a membership."""
        return cls(
            principal=PrincipalOut.of(membership.principal_id, names),
            since=membership.since,
            added_by=PrincipalOut.of(membership.added_by, names),
        )


class ServiceAccountIn(In):
    """A service account to make."""

    name: str = Field(examples=["fraud-trainer"])
    owner: str = Field(description="Name or id of the user who answers for it")


class AccountOut(Out):
    """A user, a service account or a CI identity."""

    id: str
    name: str
    kind: str
    owner: PrincipalOut | None
    created_at: Timestamp
    disabled_at: Timestamp | None
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, principal: Principal, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a principal."""
        return cls(
            id=principal.id,
            name=principal.name,
            kind=principal.kind.value,
            owner=None if principal.owner_id is None else PrincipalOut.of(principal.owner_id, names),
            created_at=principal.created_at,
            disabled_at=principal.disabled_at,
            audit=ReceiptOut.of(receipt),
        )
