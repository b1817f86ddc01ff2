"""RegistryError as RFC 9457 problem details: one table, no exceptions to it."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from modelkeep.api.rest.safe_headers import safe_headers
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.redaction import redacted

STATUS: Final[Mapping[Kind, int]] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.ALREADY_EXISTS: 409,
    Kind.CONFLICT: 412,
    Kind.BLOCKED: 409,
    Kind.LIMIT_EXCEEDED: 429,
    Kind.UNAVAILABLE: 503,
    Kind.CORRUPT: 500,
}

_HEADERS: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.UNAUTHENTICATED: {"WWW-Authenticate": 'Bearer realm="modelkeep"'},
    Kind.LIMIT_EXCEEDED: {"Retry-After": "5"},
    Kind.UNAVAILABLE: {"Retry-After": "2"},
}
_KIND_OF_STATUS: Final[Mapping[int, Kind]] = {404: Kind.NOT_FOUND, 401: Kind.UNAUTHENTICATED, 403: Kind.FORBIDDEN}
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SHOWN_ERRORS: Final = 20
_SHOWN_PLACE: Final = 100

_log = logging.getLogger(__name__)


class ProtocolError(RegistryError):
    """A fault of the HTTP exchange itself, for which HTTP has a status of its own; every other error has its kind's."""

    kind = Kind.INVALID
    code = "rest.protocol"
    status: ClassVar[int]

    @property
    def headers(self) -> Mapping[str, str]:
        """What HTTP wants to be sent with the status."""
        return {}


class InvalidRequestError(RegistryError):
    """The request does not have the form that its route declares."""

    kind = Kind.INVALID
    code = "rest.invalid_request"


def install_error_handlers(app: FastAPI) -> None:
    """Translate every error into problem details; what is not foreseen is logged, and answered without its text."""
    app.add_exception_handler(RegistryError, _registry_error)  # type: ignore[arg-type]  # narrower than Exception
    app.add_exception_handler(RequestValidationError, _validation_error)  # type: ignore[arg-type]  # the same
    app.add_exception_handler(HTTPException, _http_error)  # type: ignore[arg-type]  # the same
    app.add_exception_handler(Exception, _defect)


class _ProblemResponse(JSONResponse):
    """A problem document; a secret that somebody sent in the place of a name is not repeated."""

    media_type = "application/problem+json"

    def render(self, content: object) -> bytes:
        return redacted(super().render(content).decode()).encode()


def problem(
    request: Request, error: RegistryError, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the problem document of an error (RFC 9457); `code` is stable, `detail` is for people."""
    status = status or STATUS[error.kind]
    body: dict[str, Any] = {
        "type": f"urn:modelkeep:error:{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "kind": error.kind.value,
        "code": error.code,
        "detail": error.message,
        "context": error.details,
        "request_id": getattr(request.state, "request_id", ""),
    }
    sent = {**_HEADERS.get(error.kind, {}), **_wait(error), **(headers or {})}
    return _ProblemResponse(body, status, sent)


def _wait(error: RegistryError) -> Mapping[str, str]:
    """Return when to come again, if the error knows that."""
    seconds = error.details.get("retry_after")
    return {"Retry-After": str(seconds)} if isinstance(seconds, int) else {}


def _registry_error(request: Request, error: RegistryError) -> JSONResponse:
    if error.kind in (Kind.UNAVAILABLE, Kind.CORRUPT):
        _log.error("%s: %s", error.code, error.message, exc_info=error.__cause__)
    if isinstance(error, ProtocolError):
        return problem(request, error, status=error.status, headers=error.headers)
    return problem(request, error)


def _validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    found = error.errors()
    listed = [{"field": _place(item["loc"]), "problem": item["msg"]} for item in found[:_SHOWN_ERRORS]]
    message = "; ".join(f"{item['field']}: {item['problem']}" for item in listed)
    if len(found) > len(listed):
        message += f"; and {len(found) - len(listed)} more"
    return problem(request, InvalidRequestError(message or "the request is malformed", errors=listed))


def _place(location: Sequence[object]) -> str:
    """Return where in the request it is; the name of an unknown field can be of any length."""
    place = ".".join(str(step) for step in location)
    return place if len(place) <= _SHOWN_PLACE else f"{place[:_SHOWN_PLACE]}…"


def _http_error(request: Request, error: HTTPException) -> JSONResponse:
    kind = _KIND_OF_STATUS.get(error.status_code, Kind.INVALID)

    class RoutingError(RegistryError):
        """No route takes this request."""

    RoutingError.kind, RoutingError.code = kind, "rest.not_routed"
    advice = f"{error.detail}: {request.method} {request.url.path}; /docs lists what there is"
    headers = {"Allow": _allowed(request)} if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else error.headers
    return problem(request, RoutingError(advice), status=error.status_code, headers=headers)


def _allowed(request: Request) -> str:
    """Return every method that some route takes at this address; Starlette names those of the first route only."""
    routes = request.app.router.routes
    scopes = {method: {**request.scope, "method": method} for method in _METHODS}
    return ", ".join(m for m in _METHODS if any(route.matches(scopes[m])[0] is Match.FULL for route in routes))


def _defect(request: Request, error: Exception) -> JSONResponse:
    _log.error("a defect in %s %s", request.method, request.url.path, exc_info=error)

    class DefectError(RegistryError):
        """This program is wrong."""

        kind = Kind.CORRUPT
        code = "rest.defect"

    error = DefectError("the server failed in a way it should not; its log has the details")
    # This answer is made outside of every middleware, those that name the request among them.
    named = {"X-Request-Id": getattr(request.state, "request_id", "")}
    return problem(request, error, headers={**safe_headers(request.scope), **named})
