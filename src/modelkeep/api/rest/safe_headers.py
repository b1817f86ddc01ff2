"""What each answer tells a browser not to do with it."""

from collections.abc import Mapping
from typing import Final

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
_TLS_FROM_NOW_ON: Final = "max-age=31536000"


def safe_headers(scope: Scope) -> Mapping[str, str]:
    """Return the headers of an answer that has none of its own by these names.

    Nothing loads, frames or sends anything; but the reference at `/docs`, which is a script with its style. Browsers
    that came by TLS stay with it for a year (RFC 6797).
    """
    policy = _REFERENCE if scope.get("path") == "/docs" else _NOTHING
    tls = {"Strict-Transport-Security": _TLS_FROM_NOW_ON} if scope.get("scheme") == "https" else {}
    return {**_ALWAYS, **tls, "Content-Security-Policy": policy}
