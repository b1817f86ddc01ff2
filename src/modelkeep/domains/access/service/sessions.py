"""Opens sessions of browsers, finds who is behind one, and ends them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from modelkeep.domains.access.domain.sessions import (
    SEEN_EVERY,
    Session,
    SessionNotFoundError,
    check_csrf,
    csrf_token,
    new_session_secret,
    session_actor,
)
from modelkeep.domains.access.domain.tokens import UnauthenticatedError, hash_secret
from modelkeep.domains.access.repository import SessionRepository, TokenRepository
from modelkeep.domains.access.service.usage import UsageRecorder
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, RequestInfo, SessionId
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session whose secret can be read only now: it goes into a cookie."""

    secret: str = field(repr=False)
    session: Session


@dataclass(frozen=True, slots=True)
class SessionService:
    """Sessions of people in browsers."""

    database: Database
    clock: Clock
    new_id: IdSource
    pepper: bytes = field(repr=False)
    usage: UsageRecorder = field(repr=False)

    def open(
        self,
        tx: Transaction,
        actor: Actor,
        *,
        issuer: str = "",
        external_id: str = "",
        authenticated_at: datetime | None = None,
    ) -> OpenedSession:
        """Open a session for somebody who has proved who they are, in the transaction of that login.

        They have just done so, unless a login provider says `authenticated_at`.

        Every login gets a new session with a new secret: a cookie that was there before opens nothing of it.
        """
        secret, now = new_session_secret(), self.clock()
        session = Session(
            id=SessionId(self.new_id()),
            principal_id=actor.id,
            secret_hash=hash_secret(secret, self.pepper),
            authenticated_at=authenticated_at or now,
            opened_at=now,
            seen_at=now,
            issuer=issuer,
            external_id=external_id,
        )
        SessionRepository(tx).add(session)
        tx.record(session.opened(actor))
        return OpenedSession(secret, session)

    def authenticate(self, secret: str, request: RequestInfo) -> Actor:
        """Return the actor behind a session's cookie.

        Raises:
            UnauthenticatedError: the session is unknown, has ended, or was idle for too long.
        """
        now = self.clock()
        with self.database.snapshot() as tx:
            found = SessionRepository(tx).find_by_secret_hash(hash_secret(secret, self.pepper))
        if found is None:
            raise UnauthenticatedError("this session is not known here; log in again")
        session, principal = found
        noted = self.usage.noted(session.id)
        if noted is not None and noted > session.seen_at:
            session = replace(session, seen_at=noted)
        if not session.usable_at(now):
            raise UnauthenticatedError("this session has ended; log in again")
        if principal.disabled_at is not None:
            raise UnauthenticatedError(f"{principal.name} was disabled; ask an administrator")
        self.usage.note((session.id,), now, SEEN_EVERY)
        self.usage.note((session.principal_id,), now)
        return session_actor(principal.name, PrincipalKind(principal.kind), session, request)

    def csrf_token(self, secret: str) -> str:
        """Return what pages of this session send with every change, as `X-CSRF-Token`."""
        return csrf_token(secret, self.pepper)

    def check_csrf(self, given: str | None, secret: str) -> None:
        """Refuse a change without the token of its session.

        Raises:
            CrossSiteRequestError: it has none, or another.
        """
        check_csrf(given, secret, self.pepper)

    def list(self, actor: Actor) -> tuple[Session, ...]:
        """Return the actor's own sessions that still open something, newest first; none to a narrow token."""
        now = self.clock()
        with self.database.snapshot() as tx:
            return tuple(session for session in _own(tx, actor) if session.usable_at(now))

    def end(self, actor: Actor, wanted: SessionId) -> None:
        """End one of the actor's own sessions; one that has ended stays so.

        Raises:
            SessionNotFoundError: the actor has no such session, or it was ended before.
        """
        with self.database.transaction() as tx:
            sessions = [session for session in _own(tx, actor) if session.id == wanted]
            if not sessions:
                raise SessionNotFoundError(f"you have no open session {wanted}", session=wanted)
            self._end(tx, actor, sessions)

    def end_all(self, tx: Transaction, actor: Actor, principal: PrincipalId) -> None:
        """End every session of a principal, in the transaction of what makes that necessary."""
        self._end(tx, actor, SessionRepository(tx).open_of(principal))

    def end_external(self, tx: Transaction, actor: Actor, *, issuer: str, external_id: str) -> None:
        """End the sessions that began with a login provider's session: it says that this one is over."""
        self._end(tx, actor, SessionRepository(tx).open_at(issuer, external_id))

    def _end(self, tx: Transaction, actor: Actor, sessions: Sequence[Session]) -> None:
        if not sessions:
            return
        now = self.clock()
        SessionRepository(tx).end([session.id for session in sessions], now)
        tx.record(*(session.end(actor, now)[1] for session in sessions))


def _own(tx: Transaction, actor: Actor) -> tuple[Session, ...]:
    """Return the actor's sessions that nobody has ended; none if it comes by a token that manages only itself."""
    if actor.token_id is not None and not TokenRepository(tx).get(actor.token_id).manages_others:
        return ()
    return SessionRepository(tx).open_of(actor.id)
