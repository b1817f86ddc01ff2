"""How principals, groups, roles, bindings and tokens are stored. Rows never leave the repository."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, ordered_text, table_of

_CURRENT = text("until IS NULL")


class PrincipalRow(Base):
    """A user, a service account (with the user who owns it), a CI identity or the system itself."""

    __tablename__ = "access_principal"

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    kind: Mapped[str] = mapped_column(ordered_text())
    name: Mapped[str] = mapped_column(ordered_text(), index=True)
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("access_principal.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class GroupRow(Base):
    """A group of principals; a deleted one keeps its row, so that the history of its bindings has a name."""

    __tablename__ = "access_group"
    __table_args__ = (
        Index(
            "uq_access_group_name",
            "name",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    name: Mapped[str] = mapped_column(ordered_text())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(ordered_text())
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class GroupMemberRow(Base):
    """An interval in which a principal was in a group; the one without an end is now. Groups hold no groups."""

    __tablename__ = "access_group_member"
    __table_args__ = (
        Index(
            "uq_access_group_member_current",
            "principal_id",
            "group_id",
            unique=True,
            sqlite_where=_CURRENT,
            postgresql_where=_CURRENT,
        ),
    )

    group_id: Mapped[str] = mapped_column(ForeignKey("access_group.id"), primary_key=True)
    principal_id: Mapped[str] = mapped_column(ForeignKey("access_principal.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    added_by: Mapped[str] = mapped_column(ordered_text())
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(ordered_text())


class RoleRow(Base):
    """A role that people made; the built-in ones are in the program."""

    __tablename__ = "access_role"

    name: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    description: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(ordered_text())
    revision: Mapped[int]


class RolePermissionRow(Base):
    """A permission that such a role grants."""

    __tablename__ = "access_role_permission"
    __table_args__ = (Index(None, "permission", "role"),)

    role: Mapped[str] = mapped_column(ForeignKey("access_role.name"), primary_key=True)
    permission: Mapped[str] = mapped_column(ordered_text(), primary_key=True)


class BindingRow(Base):
    """An interval in which a subject (a principal or a group) held a role on a scope; without an end it is now.

    `scope` is `*`, a namespace or `namespace/model`; `namespace` what it lies in. `stage` limits the permissions on
    stages to one, "" does not. `expires_at` ends what is granted without anybody writing an end.
    """

    __tablename__ = "access_binding"
    __table_args__ = (
        Index(
            "uq_access_binding_current",
            "subject_id",
            "role",
            "scope",
            "stage",
            unique=True,
            sqlite_where=_CURRENT,
            postgresql_where=_CURRENT,
        ),
        Index(None, "scope", "id"),
        Index(None, "namespace", "id"),
        Index(None, "role", "id"),
        Index(None, "subject_id", "id"),
    )

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    subject_type: Mapped[str] = mapped_column(ordered_text())
    subject_id: Mapped[str] = mapped_column(ordered_text())
    role: Mapped[str] = mapped_column(ordered_text())
    scope: Mapped[str] = mapped_column(ordered_text())
    namespace: Mapped[str | None] = mapped_column(ordered_text())
    stage: Mapped[str] = mapped_column(ordered_text())
    reason: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    granted_by: Mapped[str] = mapped_column(ordered_text())
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(ordered_text())


class TokenRow(Base):
    """An API token: the keyed hash of its secret, never the secret.

    `networks` are separated by spaces; `noticed_days` says which notice of its end was given last, 0 for none.
    """

    __tablename__ = "access_token"
    __table_args__ = (Index(None, "principal_id", "id"), Index(None, "expires_at", "id"))

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    principal_id: Mapped[str] = mapped_column(ForeignKey("access_principal.id"))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    last_four: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(ordered_text())
    name: Mapped[str] = mapped_column(ordered_text())
    networks: Mapped[str] = mapped_column(ordered_text())
    pepper: Mapped[str] = mapped_column(ordered_text())
    created_by: Mapped[str | None] = mapped_column(ordered_text())
    revoked_by: Mapped[str | None] = mapped_column(ordered_text())
    parent_id: Mapped[str | None] = mapped_column(ordered_text(), index=True)
    noticed_days: Mapped[int]


class TokenPermissionRow(Base):
    """A permission that a token may use of those its principal holds; `*` stands for all, no row for none."""

    __tablename__ = "access_token_permission"

    token_id: Mapped[str] = mapped_column(ForeignKey("access_token.id"), primary_key=True)
    permission: Mapped[str] = mapped_column(ordered_text(), primary_key=True)


class TokenScopeRow(Base):
    """A scope that a token may be used on; `*` stands for the whole registry, no row for nothing."""

    __tablename__ = "access_token_scope"

    token_id: Mapped[str] = mapped_column(ForeignKey("access_token.id"), primary_key=True)
    scope: Mapped[str] = mapped_column(ordered_text(), primary_key=True)


class LastUseRow(Base):
    """When a principal or a token was last used, to a few minutes."""

    __tablename__ = "access_last_use"
    bookkeeping = True

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PepperRow(Base):
    """Which pepper the stored hashes were made with: its public fingerprint."""

    __tablename__ = "access_pepper"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    fingerprint: Mapped[str] = mapped_column(Text)


PRINCIPAL = table_of(PrincipalRow)
GROUP = table_of(GroupRow)
MEMBER = table_of(GroupMemberRow)
ROLE = table_of(RoleRow)
ROLE_PERMISSION = table_of(RolePermissionRow)
BINDING = table_of(BindingRow)
TOKEN = table_of(TokenRow)
TOKEN_PERMISSION = table_of(TokenPermissionRow)
TOKEN_SCOPE = table_of(TokenScopeRow)
LAST_USE = table_of(LastUseRow)
PEPPER = table_of(PepperRow)
