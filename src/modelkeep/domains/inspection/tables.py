"""How inspections are stored: one for each content, by its manifest's digest. Rows never leave the repository."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Integer
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, json_document, ordered_text, table_of


class InspectionRow(Base):
    """The last inspection of content."""

    __tablename__ = "inspection_content"

    manifest_digest: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    format: Mapped[str] = mapped_column(ordered_text())
    facts: Mapped[dict[str, object]] = mapped_column(json_document())
    files: Mapped[list[object]] = mapped_column(json_document())
    tensor_count: Mapped[int] = mapped_column(Integer)
    verdict: Mapped[str] = mapped_column(ordered_text())
    format_policy: Mapped[str] = mapped_column(ordered_text(), server_default="unknown")
    findings: Mapped[list[object]] = mapped_column(json_document())
    tools: Mapped[list[object]] = mapped_column(json_document())
    sandbox: Mapped[str] = mapped_column(ordered_text())
    scanned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    number: Mapped[int] = mapped_column(Integer)


class TensorsRow(Base):
    """The tensors of content, by file: read with the rest, and kept apart because they are many."""

    __tablename__ = "inspection_tensors"
    bookkeeping: ClassVar[bool] = True

    manifest_digest: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    files: Mapped[list[object]] = mapped_column(json_document())


class TensorDigestsRow(Base):
    """The digests of the tensors of content, by name: made when versions are first compared."""

    __tablename__ = "inspection_tensor_digests"
    bookkeeping: ClassVar[bool] = True

    manifest_digest: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    digests: Mapped[dict[str, str]] = mapped_column(json_document())


class ProgressRow(Base):
    """The one row that says how far the log has been read for new content."""

    __tablename__ = "inspection_progress"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)
    bookkeeping: ClassVar[bool] = True

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    cursor: Mapped[int] = mapped_column(BigInteger)


class RulesetRow(Base):
    """The one row that says which names pickles may use, by the digest that was recorded last."""

    __tablename__ = "inspection_ruleset"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    ruleset: Mapped[str] = mapped_column(ordered_text())


RULESET = table_of(RulesetRow)
INSPECTION = table_of(InspectionRow)
TENSORS = table_of(TensorsRow)
TENSOR_DIGESTS = table_of(TensorDigestsRow)
PROGRESS = table_of(ProgressRow)
