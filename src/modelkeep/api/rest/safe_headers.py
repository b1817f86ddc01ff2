"""What each answer tells a browser not to do with it."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from starlette.types import Scope

_NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_REFERENCE: Final = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ALWAYS: Final = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
SANDBOXED: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}
"""The headers of what somebody else made: a browser saves or shows it, and runs nothing of it."""

_TLS_FROM_NOW_ON: Final = "max-age=31536000"


def disposition(name: str) -> str:
    """Return a Content-Disposition that saves a file under its name, in any script (RFC 6266)."""
    plain = name.encode("ascii", "replace").decode().translate({ord('"'): "'", ord("%"): "_"})
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def safe_headers(scope: Scope) -> Mapping[str, str]:
    """Return the headers of an answer that has none of its own by these names.

    Nothing loads, frames or sends anything; but the reference at `/docs`, which is a script with its style. Browsers
    that came by TLS stay with it for a year (RFC 6797).
    """
    policy = _REFERENCE if scope.get("path") == "/docs" else _NOTHING
    tls = {"Strict-Transport-Security": _TLS_FROM_NOW_ON} if scope.get("scheme") == "https" else {}
    return {**_ALWAYS, **tls, "Content-Security-Policy": policy}
