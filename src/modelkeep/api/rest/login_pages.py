"""The pages of logging in: choose a provider, approve a command line. A registry's web page comes later."""

from collections.abc import Callable
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from modelkeep.api.rest import cookies
from modelkeep.api.rest.dependencies import request_info, services_of
from modelkeep.api.rest.errors import STATUS
from modelkeep.api.rest.pages import buttons, form, hidden, link, page, paragraph
from modelkeep.api.rest.requests import read_form
from modelkeep.domains.access import LoopbackRequest, UnauthenticatedError, shown_code
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.identity import Actor

router = APIRouter(prefix="/login", include_in_schema=False)

_SENT_ON: Final = 303
_TYPE_CODE: Final = '<label>Code <input name="user_code" autofocus autocomplete="off" maxlength="20"></label> '
_ASK: Final = '<button name="decision" value="look">Continue</button>'


async def visitor(request: Request) -> Actor | None:
    """Return who has a session with this browser; None for somebody who has to log in."""
    secret = cookies.session_secret(request)
    if secret is None:
        return None
    try:
        return await run_in_threadpool(services_of(request).sessions.authenticate, secret, request_info(request))
    except UnauthenticatedError:
        return None


Visitor = Annotated[Actor | None, Depends(visitor)]


@router.get("")
def choose_provider(request: Request, who: Visitor, return_to: str = "") -> Response:
    """Say who is logged in, or offer the providers to log in with."""
    if who is not None and not return_to:
        leave = form("/login/out", _protected(request) + "<button>Log out</button>")
        return page("Logged in", paragraph(f"You are logged in as {who.name}.") + leave)
    offers = services_of(request).logins.providers.offers()
    query = f"?{urlencode({'return_to': return_to})}" if return_to else ""
    if not offers:
        return page("Log in", paragraph("This registry has no login provider yet: use a token."), status=404)
    return page(
        "Log in", "".join(link(f"/api/v1/login/oidc/{name}{query}", f"Log in with {title}") for name, title in offers)
    )


@router.post("/out")
async def log_out(request: Request, who: Visitor) -> Response:
    """End the session of this browser."""
    fields = await _own_form(request, who)
    if isinstance(fields, Response):
        return fields
    if who is not None and who.session is not None:
        await run_in_threadpool(services_of(request).sessions.end, who, who.session.id)
    response = RedirectResponse("/login", _SENT_ON)
    cookies.clear_session(request, response)
    return response


@router.get("/device")
def show_device(request: Request, who: Visitor, user_code: str = "") -> Response:
    """Ask for the code that a command line shows, or whether the one that has it may log in."""
    if who is None:
        return _log_in_first(request)
    if not user_code:
        return page("Log in a command line", form("/login/device", _protected(request) + _TYPE_CODE + _ASK))
    return _for_people(lambda: _ask_device(request, who, user_code))


@router.post("/device")
async def decide_device(request: Request, who: Visitor) -> Response:
    """Show which command line has the code, and then let it log in or refuse it."""
    fields = await _own_form(request, who)
    if isinstance(fields, Response) or who is None:
        return fields if isinstance(fields, Response) else _log_in_first(request)
    return await run_in_threadpool(_for_people, lambda: _decide_device(request, who, fields))


@router.get("/terminal")
def show_terminal(request: Request, who: Visitor) -> Response:
    """Ask whether a command line on this machine may log in."""
    if who is None:
        return _log_in_first(request)

    def ask() -> Response:
        asked = _loopback(dict(request.query_params))
        body = (
            paragraph(f"The command line of {asked.label} wants to act as you, {who.name}.")
            + paragraph("Refuse if you have not just run 'modelkeep login' on this machine.")
            + form("/login/terminal", _protected(request, **_loopback_fields(asked)) + buttons("Approve", "Refuse"))
        )
        return page("Log in a command line", body, forms_to=[asked.origin])

    return _for_people(ask)


@router.post("/terminal")
async def decide_terminal(request: Request, who: Visitor) -> Response:
    """Send the browser back to the command line, with a code if it may log in."""
    fields = await _own_form(request, who)
    if isinstance(fields, Response) or who is None:
        return fields if isinstance(fields, Response) else _log_in_first(request)

    def decide() -> Response:
        asked = _loopback(fields)
        if fields.get("decision") != "approve":
            return RedirectResponse(asked.answer(error="access_denied"), _SENT_ON)
        return RedirectResponse(services_of(request).logins.terminals.approve_loopback(who, asked), _SENT_ON)

    return await run_in_threadpool(_for_people, decide)


def error_page(error: RegistryError) -> Response:
    """Return what people see of an error."""
    return page("That did not work", paragraph(error.message) + link("/login", "Log in"), status=STATUS[error.kind])


def _ask_device(request: Request, who: Actor, typed: str) -> Response:
    login = services_of(request).logins.terminals.find_device(typed)
    body = (
        paragraph(f"The command line of {login.label} wants to act as you, {who.name}. It shows this code:")
        + f"<p><code>{shown_code(login.user_code)}</code></p>"
        + paragraph("Refuse if you have not just run 'modelkeep login' there, or if it shows another code.")
        + form("/login/device", _protected(request, user_code=login.user_code) + buttons("Approve", "Refuse"))
    )
    return page("Log in a command line", body)


def _decide_device(request: Request, who: Actor, fields: dict[str, str]) -> Response:
    typed, decision = fields.get("user_code", ""), fields.get("decision", "look")
    if decision == "look":
        return _ask_device(request, who, typed)
    login = services_of(request).logins.terminals.decide_device(who, typed, approved=decision == "approve")
    outcome = "is logged in" if decision == "approve" else "was refused"
    return page("Done", paragraph(f"The command line of {login.label} {outcome}. You can close this page."))


def _loopback(fields: dict[str, str]) -> LoopbackRequest:
    names = ("redirect_uri", "state", "code_challenge", "label")
    return LoopbackRequest(*(fields.get(name, "") for name in names))


def _loopback_fields(asked: LoopbackRequest) -> dict[str, str]:
    return {
        "redirect_uri": asked.redirect_uri,
        "state": asked.state,
        "code_challenge": asked.challenge,
        "label": asked.label,
    }


def _protected(request: Request, **fields: str) -> str:
    """Return the hidden fields of a form, with the token that shows that it is one of ours."""
    token = services_of(request).sessions.csrf_token(cookies.session_secret(request) or "")
    return hidden(csrf_token=token, **fields)


async def _own_form(request: Request, who: Actor | None) -> dict[str, str] | Response:
    """Return the fields of a form that one of our own pages has sent, or the page that refuses it."""
    try:
        fields = await read_form(request)
        if who is not None:
            cookies.check_same_origin(request)
            services_of(request).sessions.check_csrf(fields.get("csrf_token"), cookies.session_secret(request) or "")
    except RegistryError as error:
        return error_page(error)
    return fields


def _log_in_first(request: Request) -> Response:
    here = request.url.path if request.method != "GET" else f"{request.url.path}?{request.url.query}"
    return RedirectResponse(f"/login?{urlencode({'return_to': here})}", _SENT_ON)


def _for_people(act: Callable[[], Response]) -> Response:
    try:
        return act()
    except RegistryError as error:
        return error_page(error)
