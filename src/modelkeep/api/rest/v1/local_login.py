"""Login with the administrator's password, where one is set on the server."""

from fastapi import APIRouter, Request
from pydantic import Field

from modelkeep.api.rest import cookies
from modelkeep.api.rest.dependencies import CurrentOpenCall
from modelkeep.api.rest.requests import OpenRoute
from modelkeep.api.rest.v1.schemas.common import In
from modelkeep.api.rest.v1.sessions import CurrentSessionOut

router = APIRouter(prefix="/login", tags=["logins"], route_class=OpenRoute)


class PasswordIn(In):
    """Who logs in."""

    name: str = Field(examples=["admin"])
    password: str = Field(repr=False)


@router.post("/local", status_code=201)
def log_in_locally(body: PasswordIn, call: CurrentOpenCall, request: Request) -> CurrentSessionOut:
    """Log in with the administrator's password; the answer brings the cookie of the session."""
    cookies.check_can_keep_session(request)
    opened = call.services.passwords.log_in(body.name, body.password, call.request)
    call.keep_nowhere()
    cookies.set_session(request, call.response, opened.secret)
    session = opened.session
    token = call.services.sessions.csrf_token(opened.secret)
    return CurrentSessionOut(id=session.id, authenticated_at=session.authenticated_at, csrf_token=token)
