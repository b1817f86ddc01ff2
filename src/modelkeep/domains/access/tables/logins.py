"""How logins through OpenID providers, logins of the command line, and publishers are stored."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, json_document, ordered_text, table_of


class LoginProviderRow(Base):
    """An OpenID provider that people log in with; the secret is not here."""

    __tablename__ = "access_login_provider"

    name: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    title: Mapped[str] = mapped_column(ordered_text())
    issuer: Mapped[str] = mapped_column(ordered_text())
    client_id: Mapped[str] = mapped_column(ordered_text())
    algorithms: Mapped[list[str]] = mapped_column(json_document())
    scopes: Mapped[list[str]] = mapped_column(json_document())
    groups_claim: Mapped[str] = mapped_column(ordered_text())
    groups: Mapped[dict[str, str]] = mapped_column(json_document())
    link_by_email: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(ordered_text())
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(ordered_text())
    revision: Mapped[int]


class IdentityRow(Base):
    """Who a user is at a provider: issuer and subject, and a keyed digest of the e-mail the provider has verified."""

    __tablename__ = "access_identity"

    issuer: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    subject: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    principal_id: Mapped[str] = mapped_column(ForeignKey("access_principal.id"), index=True)
    email_digest: Mapped[str | None] = mapped_column(ordered_text(), index=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginAttemptRow(Base):
    """A login that somebody has begun at a provider, and not finished."""

    __tablename__ = "access_login_attempt"
    bookkeeping = True

    state_digest: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    browser_digest: Mapped[str] = mapped_column(ordered_text())
    provider: Mapped[str] = mapped_column(ordered_text())
    return_to: Mapped[str] = mapped_column(ordered_text())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class UsedTokenRow(Base):
    """The digest of a token that counts once, until nobody could use it any more."""

    __tablename__ = "access_used_token"
    bookkeeping = True

    digest: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    forget_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class DeviceLoginRow(Base):
    """A command line without a browser that waits for somebody to approve it elsewhere (RFC 8628)."""

    __tablename__ = "access_device_login"
    bookkeeping = True

    device_digest: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    user_code: Mapped[str] = mapped_column(ordered_text(), unique=True)
    label: Mapped[str] = mapped_column(ordered_text())
    interval: Mapped[int] = mapped_column(Integer)
    polled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    principal_id: Mapped[str | None] = mapped_column(ForeignKey("access_principal.id"))
    denied: Mapped[bool] = mapped_column(Boolean)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class LoginCodeRow(Base):
    """A code that a command line on the same machine exchanges for a token, once, with its PKCE verifier (RFC 8252)."""

    __tablename__ = "access_login_code"
    bookkeeping = True

    code_digest: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    challenge: Mapped[str] = mapped_column(ordered_text())
    label: Mapped[str] = mapped_column(ordered_text())
    principal_id: Mapped[str] = mapped_column(ForeignKey("access_principal.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class PublisherRow(Base):
    """CI jobs that get tokens for identity tokens of their own."""

    __tablename__ = "access_publisher"
    __table_args__ = (Index(None, "issuer", "name"),)

    name: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    id: Mapped[str] = mapped_column(ordered_text(), unique=True)
    kind: Mapped[str] = mapped_column(ordered_text())
    issuer: Mapped[str] = mapped_column(ordered_text())
    conditions: Mapped[dict[str, Any]] = mapped_column(json_document())
    role: Mapped[str] = mapped_column(ordered_text())
    scopes: Mapped[list[str]] = mapped_column(json_document())
    principal_id: Mapped[str] = mapped_column(ForeignKey("access_principal.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(ordered_text())


LOGIN_PROVIDER = table_of(LoginProviderRow)
IDENTITY = table_of(IdentityRow)
LOGIN_ATTEMPT = table_of(LoginAttemptRow)
USED_TOKEN = table_of(UsedTokenRow)
DEVICE_LOGIN = table_of(DeviceLoginRow)
LOGIN_CODE = table_of(LoginCodeRow)
PUBLISHER = table_of(PublisherRow)
