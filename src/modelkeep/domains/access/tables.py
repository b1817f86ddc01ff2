"""How principals and tokens are stored. Rows never leave the repository."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, ordered_text


class PrincipalRow(Base):
    """A user, a service account, a CI identity or the system itself."""

    __tablename__ = "access_principal"

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    kind: Mapped[str] = mapped_column(ordered_text())
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RoleGrantRow(Base):
    """A role that a principal holds in the whole registry."""

    __tablename__ = "access_role_grant"

    principal_id: Mapped[str] = mapped_column(ForeignKey("access_principal.id"), primary_key=True)
    role: Mapped[str] = mapped_column(ordered_text(), primary_key=True)


class TokenRow(Base):
    """An API token: the keyed hash of its secret, never the secret."""

    __tablename__ = "access_token"

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    principal_id: Mapped[str] = mapped_column(ForeignKey("access_principal.id"), index=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    last_four: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PepperRow(Base):
    """Which pepper the stored hashes were made with: its public fingerprint."""

    __tablename__ = "access_pepper"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    fingerprint: Mapped[str] = mapped_column(Text)
