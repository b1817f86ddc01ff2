"""The form of a token, what is stored of it, and how far it reaches."""

import hashlib
import hmac
import re
import secrets
import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from modelkeep.domains.access.domain.permissions import Permission
from modelkeep.domains.access.domain.reach import EVERY, WHOLE, Reach, TokenTooWideError
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId, TokenId

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LENGTH: Final = 30  # 178 bits
_CHECKSUM_LENGTH: Final = 6
_TOKEN: Final = re.compile(r"mk[psc]_[0-9A-Za-z]{36}")
ADMIN_TOKEN_LIFE: Final = timedelta(days=366)
DEFAULT_LIFE: Final = timedelta(days=90)
LONGEST_LIFE: Final = timedelta(days=366)
NOTICE_DAYS: Final = (14, 3)
"""How many days before its end a token's owner is told."""
MAX_NAME: Final = 128


class UnauthenticatedError(RegistryError):
    """The request carries no credential, or one that is not valid (any more)."""

    kind = Kind.UNAUTHENTICATED
    code = "access.unauthenticated"


class TokenNotFoundError(RegistryError):
    """The caller has no such token."""

    kind = Kind.NOT_FOUND
    code = "access.token_not_found"


class TokenKind(StrEnum):
    """Whose token it is; the letter is part of the token."""

    PERSONAL = "p"
    SERVICE = "s"
    CI = "c"

    @property
    def word(self) -> str:
        """What people call it."""
        return {"p": "personal", "s": "service", "c": "ci"}[self.value]


class Revocation(StrEnum):
    """Why a token was revoked."""

    ASKED = "asked"
    LEAKED = "leaked"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Token:
    """A credential as it is stored: never the secret itself, but its keyed hash.

    It opens what its principal may do, as far as `permissions`, `scopes` and `networks` reach. `pepper` is the
    fingerprint of the key that the hash is made with, `parent_id` the token that it was made with.
    """

    id: TokenId
    principal_id: PrincipalId
    secret_hash: bytes
    last_four: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    permissions: frozenset[str] = WHOLE
    scopes: frozenset[str] = WHOLE
    networks: tuple[str, ...] = ()
    kind: TokenKind = TokenKind.PERSONAL
    name: str = ""
    created_by: PrincipalId | None = None
    revoked_by: PrincipalId | None = None
    parent_id: TokenId | None = None
    pepper: str = ""
    last_used_at: datetime | None = None

    @property
    def reach(self) -> Reach:
        """What it opens of all that its principal may."""
        return Reach(self.permissions, self.scopes, self.networks)

    @property
    def manages_others(self) -> bool:
        """Whether it may make, see and end other credentials of its principal, and not only itself."""
        return not self.permissions.isdisjoint({EVERY, Permission.TOKEN_CREATE.value})

    @property
    def noticed_days(self) -> int:
        """The notice that a new token needs no more, as it lasts no longer than that; 0 if it needs them all."""
        return min(
            (days for days in NOTICE_DAYS if self.expires_at - self.created_at <= timedelta(days=days)), default=0
        )

    def usable_at(self, now: datetime) -> bool:
        """Say whether the token opens anything at that time."""
        return self.revoked_at is None and now < self.expires_at

    def created(self, by: Actor) -> Event:
        """Return the event of its beginning."""
        data: dict[str, Json] = {
            "token_id": self.id,
            "kind": self.kind.word,
            "expires_at": timestamp(self.expires_at),
            "permissions": sorted(self.permissions),
            "scopes": sorted(self.scopes),
            "parent_id": self.parent_id,
        }
        texts = {"name": self.name} if self.name else {}
        return Event("access.token_created", self.principal_id, by, self.created_at, data, texts)

    def revoke(self, by: Actor, at: datetime, why: Revocation) -> tuple[Self, Event]:
        """End it."""
        data: dict[str, Json] = {"token_id": self.id, "kind": self.kind.word, "why": why.value}
        event = Event("access.token_revoked", self.principal_id, by, at, data)
        return replace(self, revoked_at=at, revoked_by=by.id), event

    def expiring(self, by: Actor, at: datetime, days: int) -> Event:
        """Return the notice that it ends in so many days."""
        data: dict[str, Json] = {"token_id": self.id, "expires_at": timestamp(self.expires_at), "days": days}
        return Event("access.token_expiring", self.principal_id, by, at, data)


def check_life(days: int | None, now: datetime, parent_end: datetime | None) -> timedelta:
    """Return how long a token is to last: as asked for, 90 days otherwise, and never longer than its parent.

    Raises:
        InvalidValueError: it is not 1 to 366 days.
        TokenTooWideError: it would outlive the token that it is made with.
    """
    if days is not None and not 1 <= days <= LONGEST_LIFE.days:
        raise InvalidValueError(f"a token lasts 1 to {LONGEST_LIFE.days} days, not {days}")
    life = DEFAULT_LIFE if days is None else timedelta(days=days)
    if parent_end is None or now + life <= parent_end:
        return life
    if days is not None:
        raise TokenTooWideError(
            f"the token you use ends at {timestamp(parent_end)}, and none made with it lasts longer"
        )
    return parent_end - now


def check_name(text: str) -> str:
    """Return the name of a token.

    Raises:
        InvalidValueError: it is too long, or cannot be shown on a line.
    """
    name = text.strip()
    if len(name) > MAX_NAME or not name.isprintable():
        raise InvalidValueError(f"the name of a token is one line of at most {MAX_NAME} characters")
    return name


def new_secret(kind: TokenKind) -> str:
    """Return a fresh token: `mk`, its kind, `_`, 30 random base62 digits and a 6-digit checksum."""
    body = f"mk{kind}_" + "".join(secrets.choice(_BASE62) for _ in range(_RANDOM_LENGTH))
    return body + _checksum(body)


def is_well_formed(secret: str) -> bool:
    """Say whether a text has the form and the checksum of a token; most typing errors fail here, without a look-up."""
    if _TOKEN.fullmatch(secret) is None:
        return False
    return hmac.compare_digest(_checksum(secret[:-_CHECKSUM_LENGTH]), secret[-_CHECKSUM_LENGTH:])


def hash_secret(secret: str, pepper: bytes) -> bytes:
    """Return what is stored of a token: HMAC-SHA256 under the server's pepper, 32 bytes."""
    return hmac.new(pepper, secret.encode(), hashlib.sha256).digest()


def pepper_fingerprint(pepper: bytes) -> str:
    """Return a public name for a pepper, so that a server with another one notices."""
    return hmac.new(pepper, b"modelkeep pepper fingerprint", hashlib.sha256).hexdigest()[:16]


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits
