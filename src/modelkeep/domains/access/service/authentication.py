"""Authenticates credentials."""

from dataclasses import dataclass, field
from threading import Lock

from cachetools import TTLCache

from modelkeep.domains.access.domain import tokens
from modelkeep.domains.access.domain.bindings import Binding, Subject, SubjectType
from modelkeep.domains.access.domain.permissions import ADMIN
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.scopes import REGISTRY
from modelkeep.domains.access.domain.tokens import ADMIN_TOKEN_LIFE, Token, TokenKind, UnauthenticatedError
from modelkeep.domains.access.repository import AccessRepository, BindingRepository
from modelkeep.domains.access.service.usage import UsageRecorder
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, RequestInfo, TokenId
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.database import Database, Transaction

CACHE_SECONDS = 5
"""How long a revoked token may still open another process of the registry."""

_ASK = "send 'Authorization: Bearer mkp_…'; the command line finds its token after 'modelkeep login'"
_STARTUP = Actor(PrincipalId("system"), "system", PrincipalKind.SYSTEM, frozenset(), request=RequestInfo(id="startup"))


class PepperMismatchError(RegistryError):
    """This server's secret key is not the one that the stored tokens were hashed with."""

    kind = Kind.UNAVAILABLE
    code = "access.pepper_mismatch"


@dataclass(frozen=True, slots=True)
class AuthenticationService:
    """Answers who is acting."""

    database: Database
    clock: Clock
    new_id: IdSource
    pepper: bytes = field(repr=False)
    usage: UsageRecorder = field(repr=False)
    _seen: "TTLCache[bytes, tuple[Token, Principal]]" = field(
        default_factory=lambda: TTLCache(maxsize=10_000, ttl=CACHE_SECONDS), repr=False
    )
    _lock: Lock = field(default_factory=Lock, repr=False)

    def authenticate(self, secret: str | None, request: RequestInfo) -> Actor:
        """Return the actor behind a token.

        Raises:
            UnauthenticatedError: there is no token, or it is malformed, unknown, expired or revoked.
        """
        if not secret:
            raise UnauthenticatedError(f"this needs a credential: {_ASK}")
        if not tokens.is_well_formed(secret):
            raise UnauthenticatedError("the token is malformed: copy it whole, it starts with mkp_, mks_ or mkc_")
        token, principal = self._look_up(tokens.hash_secret(secret, self.pepper))
        now = self.clock()
        if not token.usable_at(now):
            raise UnauthenticatedError(
                f"the token ending in {token.last_four} has expired or was revoked; get a new one"
            )
        if principal.disabled_at is not None:
            raise UnauthenticatedError(f"{principal.name} was disabled; ask an administrator")
        self.usage.note((token.id, principal.id), now)
        return Actor(principal.id, principal.name, principal.kind, principal.roles, token.id, request)

    def remembers(self, secret: str | None) -> bool:
        """Say whether `authenticate` will answer without the database: a caller need not leave its thread for it."""
        if not secret or not tokens.is_well_formed(secret):
            return True
        with self._lock:
            return tokens.hash_secret(secret, self.pepper) in self._seen

    def _look_up(self, secret_hash: bytes) -> tuple[Token, Principal]:
        with self._lock:
            known = self._seen.get(secret_hash)
        if known is not None:
            return known
        with self.database.snapshot() as tx:
            found = AccessRepository(tx).find_by_secret_hash(secret_hash)
        if found is None:
            raise UnauthenticatedError("the token is not known to this registry; log in again with 'modelkeep login'")
        with self._lock:
            self._seen[secret_hash] = found
        return found

    def prepare(self) -> str | None:
        """Make the administrator at the very first start, and return its token: the only time it can be read.

        Raises:
            PepperMismatchError: the database's tokens were hashed under another secret key.
        """
        fingerprint = tokens.pepper_fingerprint(self.pepper)
        with self.database.transaction() as tx:
            access = AccessRepository(tx)
            known = access.pepper()
            if known not in (None, fingerprint):
                raise PepperMismatchError(
                    "this server's secret key is not the one the database was set up with, so no token would work; set "
                    "MODELKEEP_SECRET_KEY (or the data folder) to that of the other servers"
                )
            if known is not None:
                return None
            access.set_pepper(fingerprint)
            admin = Principal(PrincipalId(self.new_id()), PrincipalKind.USER, ADMIN, frozenset({ADMIN}), self.clock())
            access.add_principal(admin)
            binding = Binding(
                id=self.new_id(),
                subject=Subject(SubjectType.USER, admin.id),
                role=ADMIN,
                scope=REGISTRY,
                stage="",
                expires_at=None,
                reason="",
                since=admin.created_at,
                granted_by=_STARTUP.id,
            )
            BindingRepository(tx).add(binding)
            data = {"roles": [ADMIN], "binding_id": binding.id}
            tx.record(Event("access.principal_created", admin.id, _STARTUP, admin.created_at, data))
            return self._issue(tx, admin)

    def issue_admin_token(self) -> str:
        """Return a further token of the administrator, for who has lost the first and holds the server itself."""
        with self.database.transaction() as tx:
            admin = AccessRepository(tx).find_holder(ADMIN)
            if admin is None:
                raise UnauthenticatedError(
                    "this registry has no administrator yet: start it once with 'modelkeep serve'"
                )
            return self._issue(tx, admin)

    def _issue(self, tx: Transaction, principal: Principal) -> str:
        now = self.clock()
        secret = tokens.new_secret(TokenKind.PERSONAL)
        token = Token(
            id=TokenId(self.new_id()),
            principal_id=principal.id,
            secret_hash=tokens.hash_secret(secret, self.pepper),
            last_four=secret[-4:],
            created_at=now,
            expires_at=now + ADMIN_TOKEN_LIFE,
        )
        AccessRepository(tx).add_token(token)
        data = {"token_id": token.id, "kind": "personal"}
        tx.record(Event("access.token_created", principal.id, _STARTUP, now, data))
        return secret
