"""How delegations are stored."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, ordered_text, table_of


class DelegationRow(Base):
    """From one time to another, somebody may answer in the place of somebody else, on a scope."""

    __tablename__ = "governance_delegation"
    __table_args__ = (Index(None, "delegate", "id"), Index(None, "delegator", "id"))

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    delegator: Mapped[str] = mapped_column(ordered_text())
    delegate: Mapped[str] = mapped_column(ordered_text())
    scope: Mapped[str] = mapped_column(ordered_text())
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


DELEGATION = table_of(DelegationRow)
