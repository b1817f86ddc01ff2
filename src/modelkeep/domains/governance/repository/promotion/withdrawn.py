"""Data that has been withdrawn, within one transaction."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert, select

from modelkeep.domains.governance.tables.withdrawn import WITHDRAWN_DATA
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import Transaction


class WithdrawnDataRepository:
    """Withdrawn data within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def withdrawn(self, references: Collection[str]) -> frozenset[str]:
        """Return those of the references, URIs or digests, that have been withdrawn."""
        if not references:
            return frozenset()
        wanted = select(WITHDRAWN_DATA.c.reference).where(WITHDRAWN_DATA.c.reference.in_(references))
        return frozenset(self._session.scalars(wanted))

    def find(self, reference: str) -> datetime | None:
        """Return when data was withdrawn; None if it was not."""
        at: datetime | None = self._session.scalars(
            select(WITHDRAWN_DATA.c.withdrawn_at).where(WITHDRAWN_DATA.c.reference == reference)
        ).one_or_none()
        return at

    def add(self, reference: str, by: PrincipalId, at: datetime, reason: str) -> None:
        """Withdraw data that is not."""
        values = {"reference": reference, "withdrawn_at": at, "withdrawn_by": by, "reason": reason}
        self._session.execute(insert(WITHDRAWN_DATA), values)
