"""Trusts keys and authorities in a namespace or the whole registry, and takes that back."""

from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import REGISTRY, AccessService, Permission, Scope, require_recent_login
from modelkeep.domains.catalog import permitted_namespace
from modelkeep.domains.governance.domain.assignments import check_reason
from modelkeep.domains.governance.domain.signing_keys import (
    MAX_KEYS,
    KeyKind,
    KeyMaterial,
    NewTrust,
    SigningKeyExistsError,
    SigningKeyNotFoundError,
    TooManySigningKeysError,
    TrustedKey,
)
from modelkeep.domains.governance.repository.signing_keys import SigningKeyRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database, Transaction
from modelkeep.signing import Authority, PublicKey

_CERTIFICATE = "BEGIN CERTIFICATE"


@dataclass(frozen=True, slots=True)
class SigningKeyService:
    """Keys that are trusted to sign models; a scope is the registry or a namespace."""

    database: Database
    access: AccessService
    clock: Clock
    new_id: IdSource

    def trust(self, actor: Actor, scope: Scope, new: NewTrust) -> Recorded[TrustedKey]:
        """Trust a public key, or what an authority issues to certain identities; the same again changes nothing.

        Raises:
            InvalidSigningKeyError: the PEM is neither a key on P-256, P-384 or P-521 nor certificates of authorities.
            InvalidTrustError, InvalidValueError: it is not said whom an authority is believed about.
            SigningKeyExistsError: another key has this name there.
            TooManySigningKeysError: 200 are trusted there.
        """
        now = self.clock()
        require_recent_login(actor, now)
        with self.database.transaction() as tx:
            keys = self._keys(tx, actor, Permission.POLICY_WRITE, scope)
            key = TrustedKey.made(new, _material(new.pem), str(scope), self.new_id(), actor, now)
            known = keys.find_named(key.name)
            if known is not None and known.is_the_same_as(key):
                return Recorded(known, None)
            if known is not None:
                raise SigningKeyExistsError(
                    f"another key is trusted as {key.name!r} there: choose another name, or revoke {known.id} first"
                )
            if keys.count() >= MAX_KEYS:
                raise TooManySigningKeysError(f"{MAX_KEYS} keys are trusted there; revoke one first")
            keys.add(key)
            tx.record(key.trusted(actor))
        return Recorded(key, tx.receipt)

    def revoke(self, actor: Actor, scope: Scope, identity: str, *, reason: str = "") -> Recorded[TrustedKey]:
        """Take trust back: no signature holds by this key from now on; one that is taken back already is left alone.

        Raises:
            SigningKeyNotFoundError: the scope has no such key.
            InvalidValueError: the reason is too long, or holds NUL.
        """
        now = self.clock()
        require_recent_login(actor, now)
        with self.database.transaction() as tx:
            keys = self._keys(tx, actor, Permission.POLICY_WRITE, scope)
            found = keys.find(identity)
            if found is None:
                raise SigningKeyNotFoundError(
                    f"no key {identity[:80]} is trusted there; 'modelkeep signing-key list' shows those that are"
                )
            if found.until is not None:
                return Recorded(found, None)
            ended, event = found.revoke(actor, now, check_reason(reason))
            keys.end(ended)
            tx.record(event)
        return Recorded(ended, tx.receipt)

    def list(self, actor: Actor, scope: Scope, page: PageRequest, *, as_of: datetime | None = None) -> Page[TrustedKey]:
        """Return one page of the keys that are trusted in a scope, or were at a time, the newest first."""
        with self.database.snapshot() as tx:
            return self._keys(tx, actor, Permission.MODEL_READ, scope).list(page, as_of)

    def _keys(self, tx: Transaction, actor: Actor, permission: Permission, scope: Scope) -> SigningKeyRepository:
        """Return the keys of a scope in which the actor may; those of the registry are shown to everybody."""
        if scope == REGISTRY:
            if permission is not Permission.MODEL_READ:
                self.access.require(tx, actor, permission, scope)
            return SigningKeyRepository(tx, str(scope))
        namespace = permitted_namespace(tx, self.access, actor, permission, str(scope))
        return SigningKeyRepository(tx, namespace.name, namespace.created_at)


def _material(pem: str) -> KeyMaterial:
    """Read what is to be trusted."""
    if _CERTIFICATE in pem:
        authority = Authority.from_pem(pem.encode())
        return KeyMaterial(KeyKind.AUTHORITY, authority.pem, authority.fingerprint)
    key = PublicKey.from_pem(pem.encode())
    return KeyMaterial(KeyKind.PUBLIC_KEY, key.pem, key.hint)
