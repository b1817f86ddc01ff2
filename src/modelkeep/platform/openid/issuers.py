"""What OpenID providers publish of themselves: endpoints and keys, kept for a while."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
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
ASKED_AGAIN: Final = timedelta(minutes=10)
"""After how long one thread asks again, while what is known serves the others until it is too old."""
LEFT_ALONE: Final = timedelta(seconds=30)
"""How long an issuer that did not answer is not asked again."""
REFETCH_AFTER: Final = timedelta(minutes=1)
"""How often, at most, an unknown key makes us ask the issuer for its keys again."""
_PATIENCE: Final = 5.0
"""Seconds to wait for what another thread asks of the same issuer."""
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
    _failures: dict[str, tuple[datetime, str]] = field(default_factory=dict)
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
        """Return what is known; whoever asks the issuer again holds up nobody who can do with what is known."""
        known, now = self._known.get(issuer), self.clock()
        age = None if known is None else now - known.read_at
        if known is not None and age is not None and timedelta(0) <= age < ASKED_AGAIN:
            return known
        usable = known if age is not None and timedelta(0) <= age < KEPT else None
        lock = self._lock_of(issuer)
        if not lock.acquire(timeout=0 if usable else _PATIENCE):
            if usable is None:
                raise IssuerUnavailableError(f"{issuer} is slow to answer; try again", issuer=issuer)
            return usable
        try:
            current = self._known.get(issuer)
            return self._ask(issuer) if current is None or current is known else current
        except IssuerUnavailableError:
            if usable is None:
                raise
            return usable
        finally:
            lock.release()

    def _ask(self, issuer: str) -> _Known:
        with self._remembered(issuer):
            now = self.clock()
            metadata = IssuerMetadata.read(get_json(self.http, issuer.rstrip("/") + _WELL_KNOWN), issuer)
            known = _Known(metadata, read_keys(get_json(self.http, metadata.jwks_uri)), now, now)
        self._known[issuer] = known
        return known

    def _fresh_keys(self, issuer: str, known: _Known) -> KeySet:
        lock = self._lock_of(issuer)
        if not lock.acquire(timeout=_PATIENCE):
            raise IssuerUnavailableError(f"{issuer} is slow to answer; try again", issuer=issuer)
        try:
            now = self.clock()
            if now - known.keys_read_at >= REFETCH_AFTER:
                with self._remembered(issuer):
                    known.keys = read_keys(get_json(self.http, known.metadata.jwks_uri))
                known.keys_read_at = now
            return known.keys
        finally:
            lock.release()

    @contextmanager
    def _remembered(self, issuer: str) -> Iterator[None]:
        """Fail at once where asking has failed a moment ago; remember it if it fails now."""
        failed = self._failures.get(issuer)
        if failed is not None and timedelta(0) <= self.clock() - failed[0] < LEFT_ALONE:
            raise IssuerUnavailableError(failed[1], issuer=issuer)
        try:
            yield
        except IssuerUnavailableError as error:
            self._failures[issuer] = (self.clock(), error.message)
            raise

    def _lock_of(self, issuer: str) -> Lock:
        """Return the lock of one issuer: a slow one holds up nobody who asks for another."""
        with self._lock:
            return self._locks.setdefault(issuer, Lock())


def _text(document: Mapping[str, Json], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""
