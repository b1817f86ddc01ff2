"""The caller's own browser sessions over REST."""

from collections.abc import Sequence
from typing import Self

from fastapi import APIRouter, Request

from modelkeep.api.rest.cookies import clear_session, session_secret
from modelkeep.api.rest.dependencies import CurrentCall
from modelkeep.api.rest.errors import ProtocolError
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.common import Out, Timestamp
from modelkeep.domains.access import Session
from modelkeep.kernel.identity import SessionId

router = APIRouter(tags=["sessions"], route_class=RegistryRoute)


class NoSessionError(ProtocolError):
    """The caller came with a token, and asks for the session it has not."""

    code = "rest.no_session"
    status = 409


class SessionOut(Out):
    """A browser that the caller has logged in with."""

    id: str
    current: bool
    authenticated_at: Timestamp
    opened_at: Timestamp
    seen_at: Timestamp
    ends_at: Timestamp

    @classmethod
    def of(cls, session: Session, current: SessionId | None) -> Self:
        """Present a session."""
        return cls(
            id=session.id,
            current=session.id == current,
            authenticated_at=session.authenticated_at,
            opened_at=session.opened_at,
            seen_at=session.seen_at,
            ends_at=session.ends_at,
        )


class SessionsOut(Out):
    """The caller's sessions, newest first."""

    items: Sequence[SessionOut]


class CurrentSessionOut(Out):
    """The session of this cookie, and what its pages send with every change."""

    id: str
    authenticated_at: Timestamp
    csrf_token: str


@router.get("/session")
def get_session(call: CurrentCall, request: Request) -> CurrentSessionOut:
    """Return the session of the cookie, with the `X-CSRF-Token` that changes need."""
    secret, session = session_secret(request), call.actor.session
    if session is None or secret is None:
        raise NoSessionError("this request came with a token: a session is what a browser has after logging in")
    token = call.services.sessions.csrf_token(secret)
    return CurrentSessionOut(id=session.id, authenticated_at=session.authenticated_at, csrf_token=token)


@router.delete("/session", status_code=204)
def log_out(call: CurrentCall, request: Request) -> None:
    """End the session of the cookie, and take the cookie back."""
    if call.actor.session is None:
        raise NoSessionError("this request came with a token: revoke that instead")
    call.services.sessions.end(call.actor, call.actor.session.id)
    clear_session(request, call.response)


@router.get("/sessions")
def list_sessions(call: CurrentCall) -> SessionsOut:
    """List the caller's sessions that still open something."""
    current = None if call.actor.session is None else call.actor.session.id
    return SessionsOut(items=[SessionOut.of(session, current) for session in call.services.sessions.list(call.actor)])


@router.delete("/sessions/{session}", status_code=204)
def end_session(session: str, call: CurrentCall) -> None:
    """End one of the caller's sessions, wherever it is."""
    call.services.sessions.end(call.actor, SessionId(session))
