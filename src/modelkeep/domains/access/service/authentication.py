"""Authenticates credentials."""

from dataclasses import dataclass, field

from modelkeep.domains.access.domain import tokens
from modelkeep.domains.access.domain.bindings import Binding, Subject, SubjectType
from modelkeep.domains.access.domain.permissions import ADMIN
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.scopes import REGISTRY
from modelkeep.domains.access.domain.tokens import ADMIN_TOKEN_LIFE, Token, TokenKind, UnauthenticatedError
from modelkeep.domains.access.repository import AccessRepository, BindingRepository, TokenRepository
from modelkeep.domains.access.service.issuing import TokenIssuer, TokenTerms
from modelkeep.domains.access.service.known_tokens import KnownTokens
from modelkeep.domains.access.service.limits import RequestLimits
from modelkeep.domains.access.service.usage import UsageRecorder
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, RequestInfo, system_actor
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.database import Database, Transaction

_ASK = "send 'Authorization: Bearer mkp_…'; the command line finds its token after 'modelkeep login'"
_STARTUP = system_actor(RequestInfo(id="startup"))


class PepperMismatchError(RegistryError):
    """None of this server's secret keys is the one that the newest tokens were hashed with."""

    kind = Kind.UNAVAILABLE
    code = "access.pepper_mismatch"


@dataclass(frozen=True, slots=True)
class AuthenticationService:
    """Answers who is acting. Tokens hashed under a previous pepper are known as well."""

    database: Database
    clock: Clock
    new_id: IdSource
    pepper: bytes = field(repr=False)
    usage: UsageRecorder = field(repr=False)
    previous_peppers: tuple[bytes, ...] = field(default=(), repr=False)
    limits: RequestLimits = field(kw_only=True, repr=False)
    known: KnownTokens = field(default_factory=KnownTokens, repr=False)

    def authenticate(self, secret: str | None, request: RequestInfo) -> Actor:
        """Return the actor behind a token.

        Raises:
            UnauthenticatedError: there is no token, or it is malformed, unknown, expired or revoked, or is not for the
                address that the request comes from.
            TooManyRequestsError: too many unknown tokens came from that address.
        """
        if not secret:
            raise UnauthenticatedError(f"this needs a credential: {_ASK}")
        if not tokens.is_well_formed(secret):
            raise UnauthenticatedError("the token is malformed: copy it whole, it starts with mkp_, mks_ or mkc_")
        token, principal = self._look_up(secret, request.address)
        now = self.clock()
        if not token.usable_at(now):
            raise UnauthenticatedError(
                f"the token ending in {token.last_four} has expired or was revoked; get a new one"
            )
        if not token.reach.admits(request.address):
            raise UnauthenticatedError(f"the token ending in {token.last_four} is not for use from this address")
        if principal.disabled_at is not None:
            raise UnauthenticatedError(f"{principal.name} was disabled; ask an administrator")
        self.usage.note((token.id, principal.id), now)
        return Actor(principal.id, principal.name, principal.kind, principal.roles, token.id, request)

    def remembers(self, secret: str | None) -> bool:
        """Say whether `authenticate` will answer without the database: a caller need not leave its thread for it."""
        if not secret or not tokens.is_well_formed(secret):
            return True
        return self.known.find(tokens.hash_secret(secret, self.pepper)) is not None

    def hashes(self, secret: str) -> tuple[bytes, ...]:
        """Return what may be stored of a token: its hash under each pepper, the newest first."""
        return tuple(tokens.hash_secret(secret, pepper) for pepper in (self.pepper, *self.previous_peppers))

    def _look_up(self, secret: str, address: str) -> tuple[Token, Principal]:
        newest, *older = self.hashes(secret)
        known = self.known.find(newest)
        if known is not None:
            return known
        moment = self.known.moment()
        with self.database.snapshot() as tx:
            token = TokenRepository(tx).find_by_secret_hash((newest, *older))
            holder = None if token is None else AccessRepository(tx).get_principal(token.principal_id)
        if token is None or holder is None:
            self.limits.token_failure(address)
            raise UnauthenticatedError("the token is not known to this registry; log in again with 'modelkeep login'")
        found = token, holder
        self.known.add(newest, found, moment)
        return found

    def prepare(self) -> str | None:
        """Make the administrator at the very first start, and return its token: the only time it can be read.

        Raises:
            PepperMismatchError: the database's tokens were hashed under another secret key.
        """
        ours = [tokens.pepper_fingerprint(pepper) for pepper in (self.pepper, *self.previous_peppers)]
        with self.database.transaction() as tx:
            stored = TokenRepository(tx)
            known = stored.pepper()
            if known not in (None, *ours):
                raise PepperMismatchError(
                    "this server's secret key is not the one the database was set up with, so no token would work; set "
                    "MODELKEEP_SECRET_KEY (or the data folder) to that of the other servers, or name the old key in "
                    "MODELKEEP_PREVIOUS_SECRET_KEYS"
                )
            if known == ours[0]:
                return None
            stored.set_pepper(ours[0], first=known is None)
            if known is not None:
                data = {"fingerprint": ours[0], "previous": known}
                tx.record(Event("access.secret_key_changed", _STARTUP.id, _STARTUP, self.clock(), data))
                return None
            return self._issue(tx, self._first_administrator(tx))

    def issue_admin_token(self) -> str:
        """Return a further token of the administrator, for who has lost the first and holds the server itself."""
        with self.database.transaction() as tx:
            admin = AccessRepository(tx).find_holder(ADMIN)
            if admin is None:
                raise UnauthenticatedError(
                    "this registry has no administrator yet: start it once with 'modelkeep serve'"
                )
            return self._issue(tx, admin)

    def _first_administrator(self, tx: Transaction) -> Principal:
        admin = Principal(PrincipalId(self.new_id()), PrincipalKind.USER, ADMIN, frozenset({ADMIN}), self.clock())
        AccessRepository(tx).add_principal(admin)
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
        return admin

    def _issue(self, tx: Transaction, principal: Principal) -> str:
        issuer = TokenIssuer(self.clock, self.new_id, self.pepper)
        terms = TokenTerms(TokenKind.PERSONAL, ADMIN_TOKEN_LIFE, created_by=_STARTUP.id)
        issued = issuer.issue(tx, principal.id, terms)
        tx.record(issued.token.created(_STARTUP))
        return issued.secret
