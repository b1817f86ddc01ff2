"""How signatures of versions, and the keys that are trusted to make them, are stored."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, ordered_text, table_of


class SigningKeyRow(Base):
    """An interval in which a key or authority is trusted in a scope, `*` or a namespace; without an end it is now."""

    __tablename__ = "governance_signing_key"
    __table_args__ = (Index(None, "scope", "id"),)

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    scope: Mapped[str] = mapped_column(ordered_text())
    name: Mapped[str] = mapped_column(ordered_text())
    kind: Mapped[str] = mapped_column(ordered_text())
    pem: Mapped[str] = mapped_column(ordered_text())
    fingerprint: Mapped[str] = mapped_column(ordered_text())
    identity: Mapped[str | None] = mapped_column(ordered_text())
    valid_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    trusted_by: Mapped[str] = mapped_column(ordered_text())
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(ordered_text())


class SignatureRow(Base):
    """A bundle over a version."""

    __tablename__ = "governance_signature"
    __table_args__ = (UniqueConstraint("version_id", "digest"), Index(None, "version_id", "id"))

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("catalog_version.id"))
    digest: Mapped[str] = mapped_column(ordered_text())
    predicate_type: Mapped[str] = mapped_column(ordered_text())
    bundle: Mapped[bytes] = mapped_column(LargeBinary)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    added_by: Mapped[str] = mapped_column(ordered_text())


SIGNING_KEY = table_of(SigningKeyRow)
SIGNATURE = table_of(SignatureRow)
