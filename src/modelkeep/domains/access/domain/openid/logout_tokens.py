"""What a logout token must say before it ends sessions (OpenID Connect Back-Channel Logout 1.0, section 2.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from modelkeep.domains.access.domain.openid.claims import (
    Claims,
    audiences,
    check_issuer,
    check_times,
    refused,
    text,
)

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_TYPES: Final = frozenset({"", "jwt", "logout+jwt", "application/logout+jwt"})


@dataclass(frozen=True, slots=True)
class LogoutOrder:
    """Whose sessions the provider wants ended: one session's, or all of a subject's."""

    subject: str
    session: str
    id: str
    expires_at: datetime


def read_logout(claims: Claims, issuer: str, client_id: str, now: datetime, *, token_type: str) -> LogoutOrder:
    """Return whose sessions to end.

    Raises:
        ClaimRefusedError: it is no logout token for this registry.
    """
    if token_type.lower() not in _TYPES:
        raise refused("typ", "is not logout+jwt")
    check_issuer(claims, issuer)
    if client_id not in audiences(claims):
        raise refused("aud", "is not this registry")
    expires = check_times(claims, now)
    events = claims.get("events")
    if not isinstance(events, Mapping) or not isinstance(events.get(EVENT), Mapping):
        raise refused("events", "does not hold the logout event")
    if "nonce" in claims:
        raise refused("nonce", "is there: this is an identity token")
    subject, session = (text(claims, name) if name in claims else "" for name in ("sub", "sid"))
    if not subject and not session:
        raise refused("sub", "is missing, and so is sid")
    return LogoutOrder(subject, session, text(claims, "jti"), expires)
