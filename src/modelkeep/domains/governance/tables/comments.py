"""How comments on requests are stored."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, ordered_text, table_of


class CommentRow(Base):
    """What somebody said about a request; `thread` is the id of the first comment of its thread."""

    __tablename__ = "governance_comment"
    __table_args__ = (Index(None, "request_id", "id"), Index(None, "request_id", "author", "id"))

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("governance_request.id"))
    thread: Mapped[str] = mapped_column(ordered_text())
    author: Mapped[str] = mapped_column(ordered_text())
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(ordered_text())


COMMENT = table_of(CommentRow)
