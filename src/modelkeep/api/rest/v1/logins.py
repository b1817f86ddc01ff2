"""Logging in over REST: browsers through an OpenID provider, command lines by codes."""

import secrets
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from modelkeep.api.rest import cookies
from modelkeep.api.rest.dependencies import CurrentOpenCall
from modelkeep.api.rest.login_pages import error_page
from modelkeep.api.rest.requests import OpenRoute, read_form
from modelkeep.api.rest.v1.schemas.logins import (
    DeviceLoginIn,
    DeviceLoginOut,
    DeviceTokenIn,
    IssuedTokenOut,
    LoginCodeIn,
    LoginOfferOut,
    LoginOffersOut,
)
from modelkeep.domains.access import ProviderAnswer
from modelkeep.kernel.errors import RegistryError

router = APIRouter(prefix="/login", tags=["logins"], route_class=OpenRoute)

_SENT_ON: Final = 303
_TO_PROVIDER: Final = {"description": "The browser is sent on"}


async def provider_answer(
    state: str = "", code: str | None = None, iss: str | None = None, error: str | None = None
) -> ProviderAnswer:
    """Read what a browser brings back from a provider (OpenID Connect Core 1.0, RFC 9207)."""
    return ProviderAnswer(state, code, iss, error)


@router.get("/offers")
def list_login_offers(call: CurrentOpenCall) -> LoginOffersOut:
    """List the providers that people can log in with."""
    offers = call.services.logins.providers.offers()
    return LoginOffersOut(items=[LoginOfferOut(name=name, title=title) for name, title in offers])


@router.get("/oidc/{provider}", status_code=_SENT_ON, response_class=RedirectResponse, responses={303: _TO_PROVIDER})
def begin_login(
    provider: str,
    request: Request,
    call: CurrentOpenCall,
    return_to: Annotated[str | None, Query(description="A path of this server to show afterwards")] = None,
    fresh: Annotated[bool, Query(description="Ask who it is, even if the provider has just done so")] = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Send a browser to a login provider, which sends it back to the callback."""

    def begin() -> Response:
        cookies.check_can_keep_session(request)
        call.services.limits.login(call.request.address)
        browser = cookies.login_secret(request) or secrets.token_urlsafe(32)
        people = call.services.logins.people
        address = people.begin(provider, browser=browser, return_to=return_to, fresh=fresh)
        response = RedirectResponse(address, _SENT_ON)
        cookies.set_login(request, response, browser)
        return response

    return _for_browsers(request, begin)


@router.get(
    "/oidc/{provider}/callback", status_code=_SENT_ON, response_class=RedirectResponse, responses={303: _TO_PROVIDER}
)
def finish_login(
    provider: str, request: Request, call: CurrentOpenCall, answer: Annotated[ProviderAnswer, Depends(provider_answer)]
) -> Response:
    """Finish a login: the provider has sent the browser back, which gets a session."""

    def finish() -> Response:
        cookies.check_can_keep_session(request)
        browser = cookies.login_secret(request) or ""
        finished = call.services.logins.people.finish(provider, answer, browser=browser, request=call.request)
        response = RedirectResponse(finished.return_to, _SENT_ON)
        cookies.set_session(request, response, finished.opened.secret)
        cookies.clear_login(request, response)
        return response

    return _for_browsers(request, finish)


@router.post("/oidc/{provider}/logout", status_code=204)
async def log_out_by_provider(provider: str, request: Request, call: CurrentOpenCall) -> None:
    """End the sessions that a provider's `logout_token` names (OpenID Connect Back-Channel Logout 1.0)."""
    form = await read_form(request)
    token = form.get("logout_token", "")
    await run_in_threadpool(call.services.logins.people.log_out, provider, token, call.request)


@router.post("/devices", status_code=201)
def begin_device_login(body: DeviceLoginIn, call: CurrentOpenCall) -> DeviceLoginOut:
    """Begin a login of a command line that somebody approves in a browser elsewhere (as RFC 8628)."""
    call.services.limits.login(call.request.address)
    call.keep_nowhere()
    return DeviceLoginOut.of(call.services.logins.terminals.begin_device(body.label))


@router.post("/device-tokens", status_code=201)
def finish_device_login(body: DeviceTokenIn, call: CurrentOpenCall) -> IssuedTokenOut:
    """Return the token of an approved login, once; until then 409 says how many seconds to wait."""
    call.keep_nowhere()
    return IssuedTokenOut.of(call.services.logins.terminals.finish_device(body.device_code, call.request))


@router.post("/tokens", status_code=201)
def finish_browser_login(body: LoginCodeIn, call: CurrentOpenCall) -> IssuedTokenOut:
    """Exchange the code that a browser has brought to a command line for a token, once (as RFC 8252)."""
    call.keep_nowhere()
    terminals = call.services.logins.terminals
    return IssuedTokenOut.of(terminals.finish_loopback(body.code, body.code_verifier, call.request))


def _for_browsers(request: Request, act: Callable[[], Response]) -> Response:
    """Answer people with a page that says what went wrong, and programs with the problem document."""
    try:
        return act()
    except RegistryError as error:
        if "text/html" in request.headers.get("accept", ""):
            return error_page(error)
        raise
