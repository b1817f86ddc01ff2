"""How the log and the claimed idempotency keys are stored. Rows never leave the repository."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, json_document, ordered_text, table_of


class AuditHeadRow(Base):
    """The one row whose lock orders all changes: how many entries there are, and when the last was made."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditEntryRow(Base):
    """One entry; triggers refuse to change or delete it.

    `namespace` and `model` (its whole name) say where its subject belongs, and are empty for what concerns the whole
    registry. `happened_at` is the event's own time, as the rows it describes hold it; the log's, `at`, is not before it
    and never goes back. A pruned entry
    has no payload, and empty text in the columns that were copied from it.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "subject", "seq"),
        Index(None, "namespace", "seq"),
        Index(None, "model", "seq"),
        Index(None, "actor_id", "seq"),
        Index(None, "action", "seq"),
    )

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    happened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(ordered_text())
    subject: Mapped[str] = mapped_column(ordered_text())
    namespace: Mapped[str] = mapped_column(ordered_text())
    model: Mapped[str] = mapped_column(ordered_text())
    actor_id: Mapped[str] = mapped_column(ordered_text())
    request_id: Mapped[str] = mapped_column(ordered_text(), index=True)
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditTextRow(Base):
    """A text behind a commitment in the log; it can be erased."""

    __tablename__ = "audit_text"

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    field: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    value: Mapped[str] = mapped_column(Text)


class AccessHeadRow(Base):
    """How many entries the access log has; its lock orders them, and no change of the registry waits for it."""

    __tablename__ = "audit_access_head"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)
    bookkeeping = True

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AccessEntryRow(Base):
    """One read of content, as `AuditEntryRow` has one change."""

    __tablename__ = "audit_access_entry"
    __table_args__ = (Index(None, "namespace", "seq"), Index(None, "model", "seq"), Index(None, "actor_id", "seq"))
    bookkeeping = True

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    action: Mapped[str] = mapped_column(ordered_text())
    subject: Mapped[str] = mapped_column(ordered_text())
    namespace: Mapped[str] = mapped_column(ordered_text())
    model: Mapped[str] = mapped_column(ordered_text())
    actor_id: Mapped[str] = mapped_column(ordered_text())
    request_id: Mapped[str] = mapped_column(ordered_text(), index=True)
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditPruningRow(Base):
    """The one row that says below which number the bodies of entries may go: the trigger on entries asks it."""

    __tablename__ = "audit_pruning"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    before_seq: Mapped[int] = mapped_column(BigInteger)


class AuditHoldRow(Base):
    """A legal hold on a scope."""

    __tablename__ = "audit_hold"
    __table_args__ = (Index(None, "placed_at", "id"),)

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    scope: Mapped[str] = mapped_column(ordered_text())
    reason: Mapped[str] = mapped_column(Text)
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    placed_by: Mapped[str] = mapped_column(ordered_text())
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_by: Mapped[str | None] = mapped_column(ordered_text())


class IdempotentRequestRow(Base):
    """A claimed idempotency key, and the answer that a repetition gets."""

    __tablename__ = "audit_idempotent_request"
    bookkeeping = True

    principal_id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    key: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(ordered_text())
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    status: Mapped[int | None]
    headers: Mapped[dict[str, str] | None] = mapped_column(json_document())
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


HEAD = table_of(AuditHeadRow)
ENTRY = table_of(AuditEntryRow)
TEXT = table_of(AuditTextRow)
ACCESS_HEAD = table_of(AccessHeadRow)
ACCESS_ENTRY = table_of(AccessEntryRow)
PRUNING = table_of(AuditPruningRow)
HOLD = table_of(AuditHoldRow)
REQUEST = table_of(IdempotentRequestRow)


class AuditNodeRow(Base):
    """A complete subtree above the leaves; made from the entries, and can be made again."""

    __tablename__ = "audit_node"
    bookkeeping = True

    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditCheckpointRow(Base):
    """A signed statement about the first `size` entries."""

    __tablename__ = "audit_checkpoint"
    bookkeeping = True

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditAnchorRow(Base):
    """How far an anchor has got, and what was wrong the last time."""

    __tablename__ = "audit_anchor"
    bookkeeping = True

    name: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(Integer)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditLogKeyRow(Base):
    """A key that signs the log, or has signed it."""

    __tablename__ = "audit_log_key"

    vkey: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    valid_from: Mapped[int] = mapped_column(BigInteger, unique=True)
    valid_to: Mapped[int | None] = mapped_column(BigInteger)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


NODE = table_of(AuditNodeRow)
CHECKPOINT = table_of(AuditCheckpointRow)
ANCHOR = table_of(AuditAnchorRow)
LOG_KEY = table_of(AuditLogKeyRow)
