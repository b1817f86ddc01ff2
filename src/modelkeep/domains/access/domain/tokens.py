"""The form of a token, and what is stored of it."""

import hashlib
import hmac
import re
import secrets
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.identity import PrincipalId, TokenId

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LENGTH: Final = 30  # 178 bits
_CHECKSUM_LENGTH: Final = 6
_TOKEN: Final = re.compile(r"mk[psc]_[0-9A-Za-z]{36}")
ADMIN_TOKEN_LIFE: Final = timedelta(days=366)
WHOLE: Final = frozenset({"*"})
"""All permissions, or all of the registry."""


class UnauthenticatedError(RegistryError):
    """The request carries no credential, or one that is not valid (any more)."""

    kind = Kind.UNAUTHENTICATED
    code = "access.unauthenticated"


class TokenKind(StrEnum):
    """Whose token it is; the letter is part of the token."""

    PERSONAL = "p"
    SERVICE = "s"
    CI = "c"


@dataclass(frozen=True, slots=True)
class Token:
    """A credential as it is stored: never the secret itself, but its keyed hash.

    It opens what its principal may do, as far as `permissions` and `scopes` reach; `*` stands for all of them.
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

    def usable_at(self, now: datetime) -> bool:
        """Say whether the token opens anything at that time."""
        return self.revoked_at is None and now < self.expires_at


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
