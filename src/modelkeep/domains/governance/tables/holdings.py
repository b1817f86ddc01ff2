"""How it is stored which promotion a version holds its stage by."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, ordered_text, table_of


class HoldingRow(Base):
    """An index beside promotions: the one that a version holds its stage by now, written whenever that changes."""

    __tablename__ = "governance_holding"
    __table_args__ = (Index(None, "model", "version_id"), Index(None, "namespace", "version_id"))
    bookkeeping = True

    version_id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    namespace: Mapped[str] = mapped_column(ordered_text())
    model: Mapped[str] = mapped_column(ordered_text())
    stage: Mapped[str] = mapped_column(ordered_text())
    request_id: Mapped[str] = mapped_column(ForeignKey("governance_request.id"), index=True)
    lapsed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    review_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


HOLDING = table_of(HoldingRow)
