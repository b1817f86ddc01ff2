"""How the catalog is stored. Rows never leave the repository."""

from datetime import datetime

from sqlalchemy import BigInteger, Double, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, json_document, ordered_text, table_of


class NamespaceRow(Base):
    """A namespace."""

    __tablename__ = "catalog_namespace"

    name: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    description: Mapped[str] = mapped_column(ordered_text())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(ordered_text())
    revision: Mapped[int]


class ModelRow(Base):
    """A model; `name` is the whole `namespace/name`, `last_number` the number of its newest version."""

    __tablename__ = "catalog_model"
    __table_args__ = (Index(None, "namespace", "name"), Index(None, "changed_at", "id"))

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    name: Mapped[str] = mapped_column(ordered_text(), unique=True)
    namespace: Mapped[str] = mapped_column(ForeignKey("catalog_namespace.name"))
    description: Mapped[str] = mapped_column(ordered_text())
    task: Mapped[str] = mapped_column(ordered_text())
    visibility: Mapped[str] = mapped_column(ordered_text())
    owners: Mapped[list[str]] = mapped_column(json_document())
    tags: Mapped[dict[str, str]] = mapped_column(json_document())
    last_number: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(ordered_text())
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(ordered_text())
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revision: Mapped[int]


class VersionRow(Base):
    """A version; `record` is the whole of what was said of it, `precedence` sorts as semantic versions do."""

    __tablename__ = "catalog_version"
    __table_args__ = (
        UniqueConstraint("model_id", "number"),
        UniqueConstraint("model_id", "version"),
        Index(None, "model_id", "precedence", "id"),
        Index(None, "model_id", "id"),
        Index(None, "precedence", "id"),
        Index(None, "number", "id"),
        Index(None, "changed_at", "id"),
        Index(None, "created_at", "id"),
        Index(None, "total_size", "id"),
        Index(None, "manifest_digest", "id"),
        Index(None, "stage", "id"),
        Index(None, "created_by", "id"),
    )

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    model_id: Mapped[str] = mapped_column(ForeignKey("catalog_model.id"))
    number: Mapped[int]
    version: Mapped[str] = mapped_column(ordered_text())
    precedence: Mapped[str] = mapped_column(ordered_text())
    prerelease: Mapped[bool]
    stage: Mapped[str] = mapped_column(ordered_text())
    manifest_digest: Mapped[str] = mapped_column(ordered_text())
    file_count: Mapped[int]
    total_size: Mapped[int] = mapped_column(BigInteger)
    record: Mapped[dict[str, object]] = mapped_column(json_document())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(ordered_text())
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(ordered_text())
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    quarantined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deprecation: Mapped[dict[str, str] | None] = mapped_column(json_document())
    revision: Mapped[int]


class FieldRow(Base):
    """One searchable field of a model or version: an index beside the record, rewritten whenever that changes.

    `field` is such as `version.tag` or `version.metric`, `key` the tag's or metric's name. `ordinal` tells several
    values of one key apart; 0 is the one that lists order by.
    """

    __tablename__ = "catalog_field"
    __table_args__ = (
        Index("ix_catalog_field_text", "field", "key", "text", "subject_id"),
        Index("ix_catalog_field_number", "field", "key", "number", "subject_id"),
    )

    subject_id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    field: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    key: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None] = mapped_column(ordered_text())
    number: Mapped[float | None] = mapped_column(Double)


class AliasRow(Base):
    """An interval in which an alias pointed to a version; `revision` counts them, the one without an end is now."""

    __tablename__ = "catalog_alias"
    __table_args__ = (
        Index(
            "uq_catalog_alias_current",
            "model_id",
            "name",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_catalog_alias_version", "version_id", "until"),
        Index(None, "name", "version_id"),
    )

    model_id: Mapped[str] = mapped_column(ForeignKey("catalog_model.id"), primary_key=True)
    name: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("catalog_version.id"))
    revision: Mapped[int]
    set_by: Mapped[str] = mapped_column(ordered_text())
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(ordered_text())


class StageRow(Base):
    """An interval in which a version held a stage; the one without an end is now."""

    __tablename__ = "catalog_stage"
    __table_args__ = (Index(None, "model_id", "stage", "until"),)

    version_id: Mapped[str] = mapped_column(ForeignKey("catalog_version.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    model_id: Mapped[str] = mapped_column(ForeignKey("catalog_model.id"))
    stage: Mapped[str] = mapped_column(ordered_text())
    set_by: Mapped[str] = mapped_column(ordered_text())
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(ordered_text())


class FactRow(Base):
    """An interval in which something that can change of a model or version was so; the one without an end is now.

    `field` is such as `version.tag` or `version.metric`, `key` the tag's or metric's name, `part` tells several values
    of one key apart. `text` is a text as `FieldRow` indexes it, `whole` what it does not hold of the value. The
    interval of the field `revision` is that of the whole state: its beginning is when the subject was changed.
    """

    __tablename__ = "catalog_fact"
    __table_args__ = (Index("ix_catalog_fact_value", "field", "key", "text", "number", "subject_id"),)

    subject_id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    field: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    key: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    part: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    text: Mapped[str | None] = mapped_column(ordered_text())
    whole: Mapped[str | None] = mapped_column(ordered_text())
    number: Mapped[float | None] = mapped_column(Double)
    set_by: Mapped[str] = mapped_column(ordered_text())
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(ordered_text())


class NamespaceStateRow(Base):
    """An interval in which a namespace was so; a deleted one has none that is open."""

    __tablename__ = "catalog_namespace_state"

    name: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    description: Mapped[str] = mapped_column(ordered_text())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(ordered_text())
    revision: Mapped[int]
    set_by: Mapped[str] = mapped_column(ordered_text())
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(ordered_text())


class StageNameRow(Base):
    """A stage that some policy has, in lower case: no alias is called like it. Those of the first lifecycle are there.

    Who registers names holds the row `draft` against who sets an alias.
    """

    __tablename__ = "catalog_stage_name"

    name: Mapped[str] = mapped_column(ordered_text(), primary_key=True)


NAMESPACE = table_of(NamespaceRow)
MODEL = table_of(ModelRow)
VERSION = table_of(VersionRow)
FIELD = table_of(FieldRow)
ALIAS = table_of(AliasRow)
STAGE = table_of(StageRow)
STAGE_NAME = table_of(StageNameRow)
FACT = table_of(FactRow)
NAMESPACE_STATE = table_of(NamespaceStateRow)
