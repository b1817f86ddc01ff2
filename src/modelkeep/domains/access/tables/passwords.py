"""How the password of the local administrator is stored. Rows never leave the repository."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, table_of


class PasswordRow(Base):
    """What argon2id makes of a password, with its salt and its parameters; never the password."""

    __tablename__ = "access_password"

    principal_id: Mapped[str] = mapped_column(ForeignKey("access_principal.id"), primary_key=True)
    encoded: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


PASSWORD = table_of(PasswordRow)
