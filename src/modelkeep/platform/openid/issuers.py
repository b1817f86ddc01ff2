"""What OpenID providers publish of themselves: endpoints and keys, kept for a while."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from joserfc.jwk import KeySet

from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.clock import Clock
from modelkeep.platform.openid.errors import IssuerUnavailableError, TokenRefusedError
from modelkeep.platform.openid.requests import get_json
from modelkeep.platform.openid.signatures import SignedClaims, UnknownKeyError, read_keys, verify
from modelkeep.platform.outbound_http import OutboundHttp

KEPT: Final = timedelta(minutes=15)
"""How long endpoints and keys are believed: a key that its issuer has withdrawn opens nothing after that."""
REFETCH_AFTER: Final = timedelta(minutes=1)
"""How often, at most, an unknown key makes us ask the issuer for its keys again."""
_WELL_KNOWN: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class IssuerMetadata:
    """The endpoints of a provider (OpenID Connect Discovery 1.0, RFC 8414); an empty one is not there."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str
    token_endpoint: str
    challenge_methods: tuple[str, ...]
    names_itself: bool
    """Whether every answer of the authorization endpoint carries `iss` (RFC 9207)."""

    @classmethod
    def read(cls, document: Mapping[str, Json], issuer: str) -> "IssuerMetadata":
        """Read the document; it must be that of exactly this issuer.

        Raises:
            IssuerUnavailableError: it is another's, or has no keys.
        """
        if document.get("issuer") != issuer:
            raise IssuerUnavailableError(
                f"the document at {issuer}{_WELL_KNOWN} is that of {document.get('issuer')!r}; write the issuer "
                "exactly as it names itself",
                issuer=issuer,
            )
        texts = {name: _text(document, name) for name in ("jwks_uri", "authorization_endpoint", "token_endpoint")}
        if not texts["jwks_uri"]:
            raise IssuerUnavailableError(f"{issuer} publishes no keys (jwks_uri)", issuer=issuer)
        methods = document.get("code_challenge_methods_supported")
        return cls(
            issuer,
            **texts,
            challenge_methods=tuple(map(str, methods)) if isinstance(methods, list) else (),
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )


@dataclass(slots=True)
class _Known:
    metadata: IssuerMetadata
    keys: KeySet
    read_at: datetime
    keys_read_at: datetime


@dataclass(frozen=True, slots=True)
class IssuerDirectory:
    """Endpoints and keys of the issuers that somebody has asked for. Threads may share it."""

    http: OutboundHttp
    clock: Clock
    _known: dict[str, _Known] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _locks: dict[str, Lock] = field(default_factory=dict)

    def metadata(self, issuer: str) -> IssuerMetadata:
        """Return what a provider publishes of itself.

        Raises:
            IssuerUnavailableError: it cannot be reached, or the document is another's.
        """
        return self._look_up(issuer).metadata

    def verify(self, token: str, issuer: str, algorithms: Collection[str]) -> SignedClaims:
        """Return the claims of a token that this issuer has signed; it may have new keys since we last looked.

        Raises:
            TokenRefusedError: the token is malformed, or no key of the issuer has signed it.
            IssuerUnavailableError: its keys cannot be had.
        """
        known = self._look_up(issuer)
        try:
            return verify(token, known.keys, algorithms)
        except UnknownKeyError:
            keys = self._fresh_keys(issuer, known)
        try:
            return verify(token, keys, algorithms)
        except UnknownKeyError as error:
            raise TokenRefusedError("the identity token is signed by no key of its issuer", issuer=issuer) from error

    def _look_up(self, issuer: str) -> _Known:
        with self._lock_of(issuer):
            known = self._known.get(issuer)
            now = self.clock()
            if known is None or not timedelta(0) <= now - known.read_at < KEPT:
                metadata = IssuerMetadata.read(get_json(self.http, issuer.rstrip("/") + _WELL_KNOWN), issuer)
                known = _Known(metadata, read_keys(get_json(self.http, metadata.jwks_uri)), now, now)
                self._known[issuer] = known
            return known

    def _fresh_keys(self, issuer: str, known: _Known) -> KeySet:
        with self._lock_of(issuer):
            now = self.clock()
            if now - known.keys_read_at >= REFETCH_AFTER:
                known.keys = read_keys(get_json(self.http, known.metadata.jwks_uri))
                known.keys_read_at = now
            return known.keys

    def _lock_of(self, issuer: str) -> Lock:
        """Return the lock of one issuer: a slow one holds up nobody who asks for another."""
        with self._lock:
            return self._locks.setdefault(issuer, Lock())


def _text(document: Mapping[str, Json], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""
