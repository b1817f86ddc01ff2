"""How cards are stored. Rows never leave the repository."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, json_document, ordered_text, table_of


class RevisionRow(Base):
    """A revision of a version's card; rows are added, never changed."""

    __tablename__ = "cards_revision"

    version_id: Mapped[str] = mapped_column(ForeignKey("catalog_version.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, object]] = mapped_column(json_document())
    digest: Mapped[str] = mapped_column(ordered_text())
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(ordered_text())


class ExtraSchemaRow(Base):
    """A revision of what a namespace asks of `extra` in its cards; without a document it asks nothing from then on."""

    __tablename__ = "cards_extra_schema"

    namespace: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, object] | None] = mapped_column(json_document())
    digest: Mapped[str | None] = mapped_column(ordered_text())
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(ordered_text())


class AttachmentRow(Base):
    """An interval in which a file was attached to a version's card; the one without an end is now.

    `manifest_digest` is the artifact that holds the bytes, of this file alone.
    """

    __tablename__ = "cards_attachment"
    __table_args__ = (
        Index(
            "uq_cards_attachment_current",
            "version_id",
            "name",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    version_id: Mapped[str] = mapped_column(ForeignKey("catalog_version.id"), primary_key=True)
    name: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    media_type: Mapped[str] = mapped_column(ordered_text())
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(ordered_text())
    manifest_digest: Mapped[str] = mapped_column(ForeignKey("artifact_manifest.digest"), index=True)
    alt: Mapped[str] = mapped_column(ordered_text())
    set_by: Mapped[str] = mapped_column(ordered_text())
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(ordered_text())


REVISION = table_of(RevisionRow)
EXTRA_SCHEMA = table_of(ExtraSchemaRow)
ATTACHMENT = table_of(AttachmentRow)
