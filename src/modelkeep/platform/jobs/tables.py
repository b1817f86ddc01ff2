"""How background work is stored: its due rows, and what went wrong with them. Rows never leave the store."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, json_document, ordered_text, table_of


class JobRow(Base):
    """A piece of work; whoever raised `fence` last holds it until `lease_until`."""

    __tablename__ = "job"
    __table_args__ = (Index(None, "status", "run_at"), Index(None, "status", "id"))
    bookkeeping: ClassVar[bool] = True

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    kind: Mapped[str] = mapped_column(ordered_text())
    key: Mapped[str] = mapped_column(ordered_text(), unique=True)
    state: Mapped[dict[str, Any]] = mapped_column(json_document())
    status: Mapped[str] = mapped_column(ordered_text())
    run_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer)
    max_attempts: Mapped[int] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(ordered_text())
    lease_until: Mapped[datetime] = mapped_column(UtcDateTime)
    fence: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class JobEventRow(Base):
    """Something out of the ordinary that happened to a job: a failure, its death, a retry. Good runs leave no row."""

    __tablename__ = "job_event"
    __table_args__ = (Index(None, "job_id", "id"),)
    bookkeeping: ClassVar[bool] = True

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    kind: Mapped[str] = mapped_column(ordered_text())
    detail: Mapped[str] = mapped_column(Text)


JOB = table_of(JobRow)
JOB_EVENT = table_of(JobEventRow)
