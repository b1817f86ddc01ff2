"""Keeps the answers of requests that may be repeated."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from modelkeep.domains.audit.domain.requests import KeptResponse
from modelkeep.domains.audit.tables import REQUEST

_FIND: Final = select(REQUEST).where(
    REQUEST.c.principal_id == bindparam("principal"), REQUEST.c.key == bindparam("wanted")
)

FORGOTTEN_AT_ONCE: Final = 1000
"""Keys that are dropped in one go."""


class IdempotencyRepository:
    """Claimed keys within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work with the transaction's session."""
        self._session = session

    def find(self, principal_id: str, key: str) -> tuple[str, KeptResponse | None] | None:
        """Return the fingerprint a key was claimed with and the kept answer, or None when the key is new."""
        row = self._session.execute(_FIND, {"principal": principal_id, "wanted": key}).one_or_none()
        if row is None:
            return None
        kept = None if row.status is None else KeptResponse(row.status, row.body or b"", row.headers or {})
        return row.fingerprint, kept

    def claim(self, principal_id: str, key: str, fingerprint: str, now: datetime) -> bool:
        """Claim a key for this transaction; False when another request holds it."""
        values = {"principal_id": principal_id, "key": key, "fingerprint": fingerprint, "claimed_at": now}
        dialect = postgresql if self._session.get_bind().dialect.name == "postgresql" else sqlite
        claimed = self._session.execute(
            dialect.insert(REQUEST).values(values).on_conflict_do_nothing().returning(REQUEST.c.key)
        )
        return claimed.one_or_none() is not None

    def keep(self, principal_id: str, key: str, response: KeptResponse) -> None:
        """Keep the answer for repetitions; a request that wrote nothing claimed nothing, and keeps nothing."""
        self._session.execute(
            update(REQUEST)
            .where(REQUEST.c.principal_id == principal_id, REQUEST.c.key == key)
            .values(status=response.status, body=response.body, headers=dict(response.headers))
        )

    def forget(self, before: datetime) -> int:
        """Drop keys claimed before a time, a batch at a time; return how many."""
        key = tuple_(REQUEST.c.principal_id, REQUEST.c.key)
        old = (
            select(REQUEST.c.principal_id, REQUEST.c.key).where(REQUEST.c.claimed_at < before).limit(FORGOTTEN_AT_ONCE)
        )
        gone = self._session.execute(delete(REQUEST).where(key.in_(old)).returning(REQUEST.c.key))
        return len(gone.all())
