"""How the windows are stored that several processes count in."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, json_document, ordered_text, table_of


class WindowRow(Base):
    """When something was asked lately, as milliseconds since 1970, for one key of one rate."""

    __tablename__ = "throttle_window"
    bookkeeping = True

    key: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    hits: Mapped[list[int]] = mapped_column(json_document())
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


WINDOW = table_of(WindowRow)
