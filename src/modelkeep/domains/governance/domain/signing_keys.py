"""Keys and authorities whose signatures are believed: in a namespace, or in the whole registry."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor, PrincipalId
from modelkeep.kernel.model_signing import IdentityPattern

MAX_KEYS: Final = 200
"""The most keys that are trusted in one scope at a time."""
MAX_NAME: Final = 200


class SigningKeyNotFoundError(RegistryError):
    """There is no such trusted key in this scope."""

    kind = Kind.NOT_FOUND
    code = "governance.signing_key_not_found"


class SigningKeyExistsError(RegistryError):
    """Another key is trusted under this name in this scope."""

    kind = Kind.ALREADY_EXISTS
    code = "governance.signing_key_exists"


class RevokedSigningKeyError(RegistryError):
    """The registry has a key to sign with that is not trusted any more."""

    kind = Kind.CONFLICT
    code = "governance.signing_key_revoked"


class TooManySigningKeysError(RegistryError):
    """As many keys are trusted in this scope as there may be."""

    kind = Kind.LIMIT_EXCEEDED
    code = "governance.too_many_signing_keys"


class InvalidTrustError(InvalidValueError):
    """What is to be trusted is not said in a way that can be meant."""

    code = "governance.invalid_trust"


class KeyKind(StrEnum):
    """What is trusted: one key, or what an authority issues to certain identities."""

    PUBLIC_KEY = "public_key"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True)
class NewTrust:
    """What somebody asks to trust: a public key or an authority, in PEM.

    `identity` is who an authority is believed about, as an `IdentityPattern`; signatures count that the registry
    received from `valid_from` (None is the beginning) to `valid_until` (None is no end).
    """

    name: str
    pem: str = field(repr=False)
    identity: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """A key or authority as it was read: its one PEM form, and the SHA-256 of that in hex."""

    kind: KeyKind
    pem: str = field(repr=False)
    fingerprint: str


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key or authority, trusted in a scope (`*` or a namespace) from `since` until that is taken back at `until`.

    What is taken back holds nothing any more, whenever it was signed. `valid_from` and `valid_until` are when a
    signature must have been received: what comes later is not believed, what came in time stays.
    """

    id: str
    scope: str
    name: str
    material: KeyMaterial
    identity: IdentityPattern | None
    valid_from: datetime | None
    valid_until: datetime | None
    since: datetime
    trusted_by: PrincipalId
    until: datetime | None = None
    ended_by: PrincipalId | None = None

    @classmethod
    def made(cls, new: NewTrust, material: KeyMaterial, scope: str, identity: str, by: Actor, at: datetime) -> Self:
        """Return the trust that somebody asked for; `identity` is its id.

        Raises:
            InvalidTrustError: the name is empty or too long, or an authority is trusted about everybody.
            InvalidValueError: the pattern is none.
        """
        if not new.name.strip() or len(new.name) > MAX_NAME or not new.name.isprintable():
            raise InvalidTrustError(f"name the key in 1 to {MAX_NAME} printable characters")
        if (material.kind is KeyKind.AUTHORITY) != (new.identity is not None):
            raise InvalidTrustError(
                "say whom an authority is believed about, such as email:*@example.org; a public key has no identity"
            )
        if new.valid_from is not None and new.valid_until is not None and new.valid_from >= new.valid_until:
            raise InvalidTrustError("valid_from must be before valid_until")
        pattern = None if new.identity is None else IdentityPattern(new.identity)
        return cls(identity, scope, new.name.strip(), material, pattern, new.valid_from, new.valid_until, at, by.id)

    def is_the_same_as(self, other: "TrustedKey") -> bool:
        """Say whether another one trusts the same thing in the same way."""
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("scope", "name", "material", "identity", "valid_from", "valid_until")
        )

    def covers(self, received: datetime) -> bool:
        """Say whether a signature was received while it was to count."""
        begun = self.valid_from is None or self.valid_from <= received
        return begun and (self.valid_until is None or received < self.valid_until)

    def trusted(self, by: Actor) -> Event:
        """Return the event of its beginning."""
        texts = {"name": self.name} | ({"identity": self.identity.text} if self.identity else {})
        data: dict[str, Json] = {
            **self._facts,
            "valid_from": None if self.valid_from is None else timestamp(self.valid_from),
            "valid_until": None if self.valid_until is None else timestamp(self.valid_until),
        }
        return Event("governance.signing_key_trusted", self.scope, by, self.since, data, texts)

    def revoke(self, by: Actor, at: datetime, reason: str) -> tuple["TrustedKey", Event]:
        """Take the trust back."""
        texts = {"name": self.name} | ({"reason": reason} if reason else {})
        event = Event("governance.signing_key_revoked", self.scope, by, at, self._facts, texts)
        return replace(self, until=at, ended_by=by.id), event

    @property
    def _facts(self) -> dict[str, Json]:
        return {"key_id": self.id, "kind": self.material.kind.value, "fingerprint": self.material.fingerprint}
