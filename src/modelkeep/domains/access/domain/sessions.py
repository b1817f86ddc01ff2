"""Sessions of browsers: how long they last, what their cookie holds, and what protects them from other sites."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, RequestInfo, SessionId, SessionInfo

IDLE: Final = timedelta(minutes=30)
"""How long a session lasts without a request."""
LONGEST: Final = timedelta(hours=12)
"""How long a session lasts at all."""
RECENT: Final = timedelta(minutes=5)
"""How long after logging in what needs a recent login may be done."""
SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly the last request of a session is known."""

_SECRET_BYTES: Final = 32


class StepUpRequiredError(RegistryError):
    """The action needs a login of the last five minutes, and the session's is older."""

    kind = Kind.FORBIDDEN
    code = "access.step_up_required"


class CrossSiteRequestError(RegistryError):
    """A request with a session's cookie does not show that this registry's own pages sent it."""

    kind = Kind.FORBIDDEN
    code = "access.cross_site_request"


class SessionNotFoundError(RegistryError):
    """The caller has no such session."""

    kind = Kind.NOT_FOUND
    code = "access.session_not_found"


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that somebody has logged in with; of the secret in its cookie a keyed hash is stored.

    `issuer` and `external_id` are those of the login provider's session, for its order to log out; empty otherwise.
    """

    id: SessionId
    principal_id: PrincipalId
    secret_hash: bytes
    authenticated_at: datetime
    opened_at: datetime
    seen_at: datetime
    issuer: str = ""
    external_id: str = ""
    ended_at: datetime | None = None

    @property
    def ends_at(self) -> datetime:
        """When it ends if no further request comes."""
        return min(self.seen_at + IDLE, self.opened_at + LONGEST)

    def usable_at(self, now: datetime) -> bool:
        """Say whether it opens anything at that time."""
        return self.ended_at is None and now < self.ends_at

    @property
    def info(self) -> SessionInfo:
        """What an actor carries of it."""
        return SessionInfo(self.id, self.authenticated_at)

    def opened(self, by: Actor) -> Event:
        """Return the event of its beginning."""
        data: dict[str, Json] = {"session_id": self.id}
        return Event("access.session_opened", self.principal_id, by, self.opened_at, data)

    def end(self, by: Actor, at: datetime) -> tuple[Self, Event]:
        """End it."""
        event = Event("access.session_ended", self.principal_id, by, at, {"session_id": self.id})
        return replace(self, ended_at=at), event


def new_session_secret() -> str:
    """Return what a cookie holds: 256 random bits in URL-safe base64."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def csrf_token(secret: str, pepper: bytes) -> str:
    """Return what the pages of a session send with every change: derived from its secret, and useless without it."""
    return hmac.new(pepper, b"csrf\n" + secret.encode(), hashlib.sha256).hexdigest()


def check_csrf(given: str | None, secret: str, pepper: bytes) -> None:
    """Refuse a change that does not carry its session's token.

    Raises:
        CrossSiteRequestError: it carries none, or another.
    """
    if given is None or not hmac.compare_digest(given.encode(), csrf_token(secret, pepper).encode()):
        raise CrossSiteRequestError(
            "a change by cookie needs the X-CSRF-Token of its session; read it again from GET /api/v1/session"
        )


def require_recent_login(actor: Actor, now: datetime) -> None:
    """Refuse what needs a recent login to a session whose login is older; tokens have limits of their own.

    Raises:
        StepUpRequiredError: the login was more than five minutes ago.
    """
    if actor.session is not None and now - actor.session.authenticated_at > RECENT:
        raise StepUpRequiredError("this needs a login of the last five minutes: log in again, and repeat it")


def session_actor(principal_name: str, kind: PrincipalKind, session: Session, request: RequestInfo) -> Actor:
    """Return the actor behind a session."""
    return Actor(
        session.principal_id, principal_name, kind, frozenset(), token_id=None, request=request, session=session.info
    )
