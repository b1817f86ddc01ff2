"""How reviews after the fact are stored."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, ordered_text, table_of


class ReviewRow(Base):
    """Somebody is to look at a promotion after the fact; one for a promotion."""

    __tablename__ = "governance_review"
    __table_args__ = (Index(None, "closed_at", "due_at"),)

    request_id: Mapped[str] = mapped_column(ForeignKey("governance_request.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(ordered_text())
    verdict: Mapped[str | None] = mapped_column(ordered_text())
    comment: Mapped[str] = mapped_column(Text)


REVIEW = table_of(ReviewRow)
