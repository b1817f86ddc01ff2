"""How withdrawn data is stored."""

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, ordered_text, table_of


class WithdrawnDataRow(Base):
    """Data that must not be used: `reference` is its URI or its digest, as versions refer to it."""

    __tablename__ = "governance_withdrawn_data"

    reference: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    withdrawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_by: Mapped[str] = mapped_column(ordered_text())
    reason: Mapped[str] = mapped_column(Text)


WITHDRAWN_DATA = table_of(WithdrawnDataRow)
