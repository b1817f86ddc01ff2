"""How sessions of browsers are stored. Rows never leave the repository."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, ordered_text, table_of


class SessionRow(Base):
    """A session: the keyed hash of its cookie's secret, never the secret; when it was last used is `LastUseRow`'s."""

    __tablename__ = "access_session"
    __table_args__ = (Index(None, "principal_id", "id"), Index(None, "issuer", "external_id"))

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    principal_id: Mapped[str] = mapped_column(ForeignKey("access_principal.id"))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    authenticated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issuer: Mapped[str] = mapped_column(ordered_text())
    external_id: Mapped[str] = mapped_column(ordered_text())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


SESSION = table_of(SessionRow)
