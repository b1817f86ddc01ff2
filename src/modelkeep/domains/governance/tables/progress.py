"""How far the job has come that looks for votes which no longer count."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, ordered_text, table_of


class ProgressRow(Base):
    """The number of the last entry of the audit log that a reader of governance has seen."""

    __tablename__ = "governance_progress"
    bookkeeping = True

    reader: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)


PROGRESS = table_of(ProgressRow)
