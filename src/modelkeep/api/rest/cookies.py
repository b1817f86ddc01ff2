"""The cookie of a browser's session, and what shows that a change comes from this registry's own pages."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response

from modelkeep.api.rest.errors import ProtocolError
from modelkeep.domains.access import ATTEMPT_LIFE, CrossSiteRequestError

SECURE_NAME: Final = "__Host-modelkeep"
"""Browsers take a cookie of this name from TLS only, and for this host and path only (RFC 6265bis section 4.1.3)."""
LOCAL_NAME: Final = "modelkeep"
"""Its name where a browser talks to a server on its own machine without TLS."""
CSRF_HEADER: Final = "x-csrf-token"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_OWN: Final = frozenset({"same-origin", "none"})


class InsecureLoginError(ProtocolError):
    """A browser would get its session over a connection that others can read."""

    code = "rest.insecure_login"
    status = 403


def session_secret(request: Request) -> str | None:
    """Return what the session's cookie holds, or None."""
    return request.cookies.get(_session_name(request)) or None


def check_can_keep_session(request: Request) -> None:
    """Refuse to begin a session without TLS, but with a browser on the server's own machine.

    Raises:
        InsecureLoginError: the connection can be read by others.
    """
    if not _is_secure(request) and request.url.hostname not in _LOCAL:
        raise InsecureLoginError("browsers log in over https only; serve with TLS, or behind a proxy that does")


def set_session(request: Request, response: Response, secret: str) -> None:
    """Give a browser the cookie of its session: unreadable for scripts, and not sent along by other sites' forms.

    It has no end of its own: the server ends sessions, and browsers drop it when they close.
    """
    name, secure = _session_name(request), _is_secure(request)
    response.set_cookie(name, secret, path="/", secure=secure, httponly=True, samesite="lax")


def clear_session(request: Request, response: Response) -> None:
    """Take the cookie back."""
    name, secure = _session_name(request), _is_secure(request)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")


def login_secret(request: Request) -> str | None:
    """Return what the cookie of a login under way holds, or None."""
    return request.cookies.get(f"{_session_name(request)}-login") or None


def set_login(request: Request, response: Response, secret: str) -> None:
    """Give a browser that has begun to log in a cookie that comes back with it from the provider."""
    name, secure = f"{_session_name(request)}-login", _is_secure(request)
    life = int(ATTEMPT_LIFE.total_seconds())
    response.set_cookie(name, secret, max_age=life, path="/", secure=secure, httponly=True, samesite="lax")


def clear_login(request: Request, response: Response) -> None:
    """Take the cookie of a login back."""
    name, secure = f"{_session_name(request)}-login", _is_secure(request)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")


def changes_something(request: Request) -> bool:
    """Say whether a request is meant to change something (RFC 9110 section 9.2.1)."""
    return request.method not in _SAFE


def check_same_origin(request: Request) -> None:
    """Refuse a change by cookie that another site's page may have sent.

    Raises:
        CrossSiteRequestError: the browser names another origin, or none.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    own = f"{request.url.scheme}://{request.url.netloc}"
    if origin is not None and _normal(origin) != _normal(own):
        raise CrossSiteRequestError(f"a change by cookie must come from {own}, and this one comes from another site")
    if site is not None and site not in _OWN:
        raise CrossSiteRequestError("the browser says that another site sent this change")
    if site is None and origin is None:
        raise CrossSiteRequestError("a change by cookie needs an Origin or Sec-Fetch-Site header; programs use tokens")


def _normal(origin: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port; what is no origin equals none."""
    try:
        parts = urlsplit(origin)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return origin, None, None
    return parts.scheme, parts.hostname, port


def _session_name(request: Request) -> str:
    return SECURE_NAME if _is_secure(request) else LOCAL_NAME


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"
