"""What an identity token must say before somebody is logged in by it (OpenID Connect Core 1.0, section 3.1.3.7)."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from modelkeep.domains.access.domain.openid.claims import (
    LEEWAY,
    MAX_SUBJECT,
    Claims,
    audiences,
    check_issuer,
    check_times,
    moment,
    refused,
    text,
)
from modelkeep.domains.access.domain.sessions import LONGEST
from modelkeep.kernel.canonical_json import Json

MAX_AGE: Final = timedelta(minutes=10)
"""How old an identity token may be: it was asked for a moment ago."""
MAX_GROUPS: Final = 1_000
_NAMES: Final = ("name", "preferred_username", "sub")
_HASHES: Final = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a login was begun with; `asked_at` is when, if the provider was to ask anew who it is."""

    issuer: str
    client_id: str
    nonce: str
    groups_claim: str
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """Who somebody is at their provider. Only issuer and subject identify; the rest is told, and may change."""

    issuer: str
    subject: str
    name: str
    email: str
    """Empty unless the provider has verified it."""
    groups: frozenset[str]
    session: str
    """The provider's name (`sid`) for the session, or empty."""
    authenticated_at: datetime


def read_identity(
    claims: Claims, expected: Expected, now: datetime, *, algorithm: str, access_token: str | None
) -> ExternalIdentity:
    """Return who is logged in.

    Raises:
        ClaimRefusedError: the token is not from the issuer, not for this registry, not for this login, or not for now.
    """
    check_issuer(claims, expected.issuer)
    _check_audience(claims, expected.client_id)
    check_times(claims, now)
    if now - moment(claims, "iat") > MAX_AGE:
        raise refused("iat", "is too long ago; log in again")
    if not hmac.compare_digest(text(claims, "nonce").encode(), expected.nonce.encode()):
        raise refused("nonce", "is not that of this login; log in again")
    _check_access_token(claims, algorithm, access_token)
    subject = text(claims, "sub")
    if len(subject) > MAX_SUBJECT:
        raise refused("sub", f"is longer than {MAX_SUBJECT} characters")
    verified = claims.get("email_verified") is True
    return ExternalIdentity(
        issuer=expected.issuer,
        subject=subject,
        name=next(filter(None, (_printable(claims.get(name)) for name in _NAMES)), "user"),
        email=_shown(claims, "email").casefold() if verified else "",
        groups=_groups(claims.get(expected.groups_claim)) if expected.groups_claim else frozenset(),
        session=_shown(claims, "sid"),
        authenticated_at=_authenticated_at(claims, expected.asked_at, now),
    )


def _authenticated_at(claims: Claims, asked_at: datetime | None, now: datetime) -> datetime:
    """Return when the provider has last asked who it is; `max_age` makes it tell (section 2).

    A provider that does not tell may have asked as long ago as a login may ask for. That is not recent.
    """
    if asked_at is None and "auth_time" not in claims:
        return now - LONGEST
    told = min(moment(claims, "auth_time"), now)
    if asked_at is not None and told < asked_at - LEEWAY:
        raise refused("auth_time", "is before this login, which was to ask anew; log out at the provider first")
    return told


def _check_audience(claims: Claims, client_id: str) -> None:
    """Refuse a token for others; where it is for several, its authorized party has to be this registry."""
    named = audiences(claims)
    if client_id not in named:
        raise refused("aud", "is not this registry")
    if len(named) > 1 and "azp" not in claims:
        raise refused("azp", "is missing, and the token is for several")
    if "azp" in claims and claims["azp"] != client_id:
        raise refused("azp", "is not this registry")


def _check_access_token(claims: Claims, algorithm: str, access_token: str | None) -> None:
    """Compare `at_hash` where it is there (section 3.1.3.6): the left half of the hash the signature uses."""
    if "at_hash" not in claims or access_token is None:
        return
    digest = _HASHES.get(algorithm[-3:], hashlib.sha512)(access_token.encode()).digest()
    expected = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=")
    if not hmac.compare_digest(str(claims["at_hash"]).encode(), expected):
        raise refused("at_hash", "is not that of the access token")


def _groups(value: Json) -> frozenset[str]:
    listed = value if isinstance(value, list) else [value]
    return frozenset(item for item in listed[:MAX_GROUPS] if isinstance(item, str))


def _shown(claims: Claims, name: str) -> str:
    value = claims.get(name)
    return value.strip()[:MAX_SUBJECT] if isinstance(value, str) else ""


def _printable(value: Json) -> str:
    """Return what can be printed of a name: nothing that moves a cursor, or turns the text around."""
    told = value if isinstance(value, str) else ""
    return "".join(filter(str.isprintable, told)).strip()[:MAX_SUBJECT]
