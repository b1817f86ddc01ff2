"""The local administrator's password: set on the server itself, for when no login provider works."""

from dataclasses import dataclass, field
from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from modelkeep.domains.access.domain.passwords import (
    LOCAL,
    LONGEST,
    check_password,
    password_refused,
    password_removed,
    password_set,
)
from modelkeep.domains.access.domain.permissions import ADMIN
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.tokens import UnauthenticatedError
from modelkeep.domains.access.repository import AccessRepository, PasswordRepository
from modelkeep.domains.access.service.limits import RequestLimits
from modelkeep.domains.access.service.sessions import OpenedSession, SessionService
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, RequestInfo, system_actor
from modelkeep.platform.database import Transaction
from modelkeep.platform.throttling import TooManyRequestsError

_AT_ONCE: Final = 2
_PATIENCE: Final = 0.5
"""Seconds that a login waits for its turn: threads are for others too."""
_HASHER: Final = PasswordHasher()
_OPERATOR: Final = system_actor()


@dataclass(frozen=True, slots=True)
class PasswordService:
    """Sets, removes and checks the password of the administrator; nobody else has one."""

    sessions: SessionService
    limits: RequestLimits
    _turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_AT_ONCE), repr=False)

    def set(self, password: str) -> str:
        """Set the administrator's password, end the administrator's sessions, and return the name to log in with.

        Raises:
            InvalidValueError: it is too short or too long.
            UnauthenticatedError: there is no administrator yet.
        """
        encoded = _HASHER.hash(check_password(password))
        with self.sessions.database.transaction() as tx:
            admin, now = _administrator(tx), self.sessions.clock()
            PasswordRepository(tx).replace(admin.id, encoded, now)
            self.sessions.end_all(tx, _OPERATOR, admin.id)
            tx.record(password_set(admin.id, _OPERATOR, now))
        return admin.name

    def remove(self) -> bool:
        """Remove the administrator's password, and end the sessions; say whether there was one."""
        with self.sessions.database.transaction() as tx:
            admin = _administrator(tx)
            there_was = PasswordRepository(tx).remove(admin.id)
            if there_was:
                self.sessions.end_all(tx, _OPERATOR, admin.id)
                tx.record(password_removed(admin.id, _OPERATOR, self.sessions.clock()))
        return there_was

    def log_in(self, name: str, password: str, request: RequestInfo) -> OpenedSession:
        """Open a session for who knows the password.

        A name that is nobody's takes as long to refuse as a wrong password. At most two are checked at once: each
        takes 64 MiB of memory.

        Raises:
            TooManyRequestsError: there were too many attempts, from there, with that name, or at once.
            PasswordRefusedError: name or password are wrong; the audit log has it, if the name is somebody's.
        """
        self.limits.login(request.address, name)
        database, now = self.sessions.database, self.sessions.clock()
        with database.snapshot() as tx:
            stored = PasswordRepository(tx).find(name)
            known = None if stored is None else _actor(AccessRepository(tx).get_principal(stored.principal_id), request)
        right = self._matches(_nobodys() if stored is None else stored.encoded, password)
        with database.transaction() as tx:
            if known is None or not right:
                raise password_refused(known, now)
            tx.record(Event("access.user_logged_in", known.id, known, now, {"provider": LOCAL}))
            return self.sessions.open(tx, known)

    def _matches(self, encoded: str, password: str) -> bool:
        if len(password) > LONGEST:
            return False
        if not self._turns.acquire(timeout=_PATIENCE):
            raise TooManyRequestsError("too many logins at once; try again in a second", retry_after=1)
        try:
            return _HASHER.verify(encoded, password)
        except (Argon2Error, InvalidHashError):
            return False
        finally:
            self._turns.release()


@cache
def _nobodys() -> str:
    """Return what is compared with where nobody has the name."""
    return _HASHER.hash("the password of nobody")


def _administrator(tx: Transaction) -> Principal:
    admin = AccessRepository(tx).find_holder(ADMIN)
    if admin is None:
        raise UnauthenticatedError("this registry has no administrator yet: start it once with 'modelkeep serve'")
    return admin


def _actor(principal: Principal, request: RequestInfo) -> Actor:
    return Actor(principal.id, principal.name, principal.kind, principal.roles, request=request)
