"""Reads single claims, and checks those that every signed token has: who issued it, for whom, and when."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.errors import Kind, RegistryError

LEEWAY: Final = timedelta(seconds=30)
"""How far the clocks of issuer and registry may differ."""
MAX_SUBJECT: Final = 255
Claims = Mapping[str, Json]


class ClaimRefusedError(RegistryError):
    """A token is signed by its issuer, but says something else than this registry needs; `claim` names what."""

    kind = Kind.UNAUTHENTICATED
    code = "access.claim_refused"


def refused(claim: str, reason: str) -> ClaimRefusedError:
    """Return the refusal of a claim; its value is not repeated."""
    return ClaimRefusedError(f"the identity token is refused: {claim} {reason}", claim=claim)


def text(claims: Claims, name: str) -> str:
    """Return a claim that must be a text, and not an empty one."""
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise refused(name, "is missing")
    return value


def moment(claims: Claims, name: str) -> datetime:
    """Return a claim that must be a time (a NumericDate of RFC 7519)."""
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise refused(name, "is missing")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise refused(name, "is no time") from error


def audiences(claims: Claims) -> tuple[str, ...]:
    """Return whom the token is for."""
    value = claims.get("aud")
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(item, str) and item for item in listed):
        raise refused("aud", "is missing")
    return tuple(map(str, listed))


def check_issuer(claims: Claims, issuer: str) -> None:
    """Refuse a token of another issuer."""
    if text(claims, "iss") != issuer:
        raise refused("iss", f"is not {issuer}")


def check_times(claims: Claims, now: datetime) -> datetime:
    """Refuse what has expired, is not valid yet, or comes from the future; return when it expires.

    `exp` and `iat` are required, `nbf` counts where it is there.
    """
    expires, issued = moment(claims, "exp"), moment(claims, "iat")
    if expires + LEEWAY <= now:
        raise refused("exp", "has passed; get a new one")
    if issued - LEEWAY > now:
        raise refused("iat", "lies in the future; check the clocks")
    if "nbf" in claims and moment(claims, "nbf") - LEEWAY > now:
        raise refused("nbf", "lies in the future; check the clocks")
    return expires
