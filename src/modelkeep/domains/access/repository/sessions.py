"""Sessions within one transaction."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, insert, select, update

from modelkeep.domains.access.domain.sessions import Session
from modelkeep.domains.access.tables import LAST_USE, PRINCIPAL
from modelkeep.domains.access.tables.sessions import SESSION
from modelkeep.kernel.identity import PrincipalId, SessionId
from modelkeep.platform.database import AnyRow, AnySelect, Transaction

_SESSIONS: Final[AnySelect] = select(*SESSION.c, LAST_USE.c.at.label("seen_at")).outerjoin(
    LAST_USE, LAST_USE.c.id == SESSION.c.id
)
_BY_SECRET: Final = (
    _SESSIONS.add_columns(PRINCIPAL.c.name, PRINCIPAL.c.kind, PRINCIPAL.c.disabled_at)
    .join(PRINCIPAL, PRINCIPAL.c.id == SESSION.c.principal_id)
    .where(SESSION.c.secret_hash == bindparam("wanted"))
)
_OPEN: Final = _SESSIONS.where(SESSION.c.ended_at.is_(None)).order_by(SESSION.c.id.desc()).limit(1000)


class SessionRepository:
    """Sessions within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def add(self, session: Session) -> None:
        """Store a new session."""
        values = {
            "id": session.id,
            "principal_id": session.principal_id,
            "secret_hash": session.secret_hash,
            "authenticated_at": session.authenticated_at,
            "opened_at": session.opened_at,
            "issuer": session.issuer,
            "external_id": session.external_id,
        }
        self._session.execute(insert(SESSION), values)

    def find_by_secret_hash(self, secret_hash: bytes) -> tuple[Session, AnyRow] | None:
        """Return the session with this hash, and the name, kind and `disabled_at` of its principal; or None."""
        row = self._session.execute(_BY_SECRET, {"wanted": secret_hash}).one_or_none()
        return None if row is None else (_session(row), row)

    def open_of(self, principal: PrincipalId) -> tuple[Session, ...]:
        """Return the sessions of a principal that nobody has ended, newest first; at most 1,000."""
        return tuple(_session(row) for row in self._session.execute(_OPEN.where(SESSION.c.principal_id == principal)))

    def open_at(self, issuer: str, external_id: str) -> tuple[Session, ...]:
        """Return the sessions that began with one session of a login provider, and that nobody has ended."""
        wanted = _OPEN.where(SESSION.c.issuer == issuer, SESSION.c.external_id == external_id)
        return tuple(_session(row) for row in self._session.execute(wanted))

    def end(self, ids: list[SessionId], at: datetime) -> None:
        """End sessions."""
        self._session.execute(update(SESSION).where(SESSION.c.id.in_(ids)).values(ended_at=at))


def _session(row: AnyRow) -> Session:
    return Session(
        id=SessionId(row.id),
        principal_id=PrincipalId(row.principal_id),
        secret_hash=row.secret_hash,
        authenticated_at=row.authenticated_at,
        opened_at=row.opened_at,
        seen_at=row.seen_at or row.opened_at,
        issuer=row.issuer,
        external_id=row.external_id,
        ended_at=row.ended_at,
    )
