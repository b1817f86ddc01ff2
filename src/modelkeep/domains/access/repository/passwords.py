"""Passwords within one transaction."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from modelkeep.domains.access.tables import PRINCIPAL
from modelkeep.domains.access.tables.passwords import PASSWORD
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import Transaction


class StoredPassword(NamedTuple):
    """Whose password it is, and what is stored of it."""

    principal_id: PrincipalId
    encoded: str


class PasswordRepository:
    """Passwords within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def replace(self, principal: PrincipalId, encoded: str, at: datetime) -> None:
        """Store the password of a principal, instead of the one that was there."""
        self.remove(principal)
        self._session.execute(insert(PASSWORD), {"principal_id": principal, "encoded": encoded, "set_at": at})

    def remove(self, principal: PrincipalId) -> bool:
        """Delete the password of a principal; say whether there was one."""
        known = self._session.execute(select(PASSWORD.c.set_at).where(PASSWORD.c.principal_id == principal))
        if known.one_or_none() is None:
            return False
        self._session.execute(delete(PASSWORD).where(PASSWORD.c.principal_id == principal))
        return True

    def find(self, name: str) -> StoredPassword | None:
        """Return the password of somebody by their name, if they have one and are not disabled."""
        row = self._session.execute(
            select(PASSWORD.c.principal_id, PASSWORD.c.encoded)
            .join(PRINCIPAL, PRINCIPAL.c.id == PASSWORD.c.principal_id)
            .where(PRINCIPAL.c.name == name, PRINCIPAL.c.disabled_at.is_(None))
            .order_by(PRINCIPAL.c.id)
            .limit(1)
        ).one_or_none()
        return None if row is None else StoredPassword(PrincipalId(row.principal_id), row.encoded)
