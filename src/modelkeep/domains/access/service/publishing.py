"""Trusted publishing: publishers, and the tokens that their CI jobs get for identity tokens of their own."""

import logging
from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access.domain.bindings import Binding, Subject, SubjectType
from modelkeep.domains.access.domain.openid.providers import check_issuer_address
from modelkeep.domains.access.domain.permissions import Permission, within_reach
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.publishing.conditions import (
    Conditions,
    PublisherConditionError,
    default_issuer,
)
from modelkeep.domains.access.domain.publishing.publishers import (
    ALGORITHMS,
    TOKEN_LIFE,
    Chosen,
    NoPublisherError,
    Publisher,
    TokenReplayedError,
    choose,
    no_such_publisher,
    read_job,
)
from modelkeep.domains.access.domain.reach import Reach
from modelkeep.domains.access.domain.scopes import REGISTRY, Scope
from modelkeep.domains.access.domain.sessions import require_recent_login
from modelkeep.domains.access.domain.tokens import TokenKind
from modelkeep.domains.access.repository import (
    AccessRepository,
    BindingRepository,
    LoginRepository,
    PublisherRepository,
    RoleRepository,
)
from modelkeep.domains.access.service.authorization import AccessService
from modelkeep.domains.access.service.holding import check_holds
from modelkeep.domains.access.service.issuing import IssuedToken, TokenIssuer, TokenTerms
from modelkeep.domains.access.service.limits import RequestLimits
from modelkeep.kernel.clock import Clock, timestamp
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.events import Event, Recorded
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, RequestInfo
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database, Transaction
from modelkeep.platform.openid import IssuerDirectory, unverified_issuer
from modelkeep.platform.telemetry import publishing_metrics

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewPublisher:
    """A publisher as somebody wants it."""

    name: str
    issuer: str
    conditions: Conditions
    role: str
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class MintedToken:
    """The token of a CI job, and whose job it is."""

    issued: IssuedToken
    publisher: Publisher


@dataclass(frozen=True, slots=True)
class PublishingService:
    """Publishers and their tokens. `audience` is what an identity token must be made for."""

    database: Database
    access: AccessService
    issuers: IssuerDirectory
    clock: Clock
    new_id: IdSource
    tokens: TokenIssuer
    limits: RequestLimits
    audience: str

    def mint(self, identity_token: str, publisher: str | None, request: RequestInfo) -> MintedToken:
        """Exchange the identity token of a CI job for a token of this registry; `publisher` names one of several.

        Raises:
            TokenRefusedError: the issuer has not signed it by RS256.
            ClaimRefusedError: it is for another audience, or not for now.
            NoPublisherError: nobody trusts the issuer, or the job is not that of exactly one publisher.
            TokenReplayedError: it was used before.
            IssuerUnavailableError: the issuer's keys cannot be had.
            TooManyRequestsError: the address or the publisher had too many.
        """
        try:
            minted = self._mint(identity_token, publisher, request)
        except RegistryError as error:
            publishing_metrics().answered(error.code)
            _log.warning("an identity token of a CI job is refused: %s: %s", error.code, error.message)
            raise
        publishing_metrics().answered("minted")
        return minted

    def create(self, actor: Actor, new: NewPublisher) -> Recorded[Publisher]:
        """Add a publisher: a CI identity that holds a role on some scopes, and the jobs that act as it.

        Raises:
            PublisherConditionError: the name or the scopes cannot be.
            ForbiddenError: the actor may not grant there, or trusts an issuer that only an administrator may.
            GrantExceedsError: the role grants what the actor does not hold there.
            RoleNotFoundError: there is no such role.
            PublisherExistsError: the name is taken.
            OutboundRefusedError: this server may not speak to the issuer's address.
        """
        require_recent_login(actor, self.clock())
        check_issuer_address(new.issuer)
        if new.issuer != default_issuer(new.conditions.kind):
            self._check_other_issuer(actor, new.issuer)
        now = self.clock()
        principal = Principal(PrincipalId(self.new_id()), PrincipalKind.CI, f"ci:{new.name}", frozenset(), now)
        publisher = Publisher(
            id=self.new_id(),
            name=new.name,
            issuer=new.issuer,
            conditions=new.conditions,
            role=new.role,
            scopes=new.scopes,
            principal_id=principal.id,
            created_at=now,
            created_by=actor.id,
        )
        with self.database.transaction() as tx:
            AccessRepository(tx).add_principal(principal)
            tx.record(Event("access.principal_created", principal.id, actor, now, {"roles": []}))
            self._grant(tx, actor, publisher)
            PublisherRepository(tx).add(publisher)
            tx.record(publisher.created(actor))
        return Recorded(publisher, tx.receipt)

    def get(self, actor: Actor, name: str) -> Publisher:
        """Return a publisher.

        Raises:
            PublisherNotFoundError: there is none, or the actor may not read grants on all its scopes.
        """
        with self.database.snapshot() as tx:
            return self._visible(tx, actor, name, Permission.GRANT_READ)

    def list(self, actor: Actor, page: PageRequest) -> Page[Publisher]:
        """Return one page of publishers, by name."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.GRANT_READ, REGISTRY)
            return PublisherRepository(tx).list(page)

    def delete(self, actor: Actor, name: str) -> Recorded[Publisher]:
        """Delete a publisher; its CI identity is disabled, so that tokens its jobs have open nothing any more."""
        require_recent_login(actor, self.clock())
        with self.database.transaction() as tx:
            publishers, now = PublisherRepository(tx), self.clock()
            publisher = self._visible(tx, actor, name, Permission.GRANT_WRITE)
            publishers.remove(name)
            AccessRepository(tx).disable(publisher.principal_id, now)
            self._revoke(tx, actor, publisher, now)
            tx.record(publisher.deleted(actor, now))
        return Recorded(publisher, tx.receipt)

    def _check_other_issuer(self, actor: Actor, issuer: str) -> None:
        """Refuse an issuer that is not the kind's public service to who may not trust it, then what leads nowhere."""
        with self.database.snapshot() as tx:
            self.access.require(tx, actor, Permission.LOGIN_WRITE, REGISTRY)
        self.issuers.http.check(issuer)

    def _mint(self, identity_token: str, publisher: str | None, request: RequestInfo) -> MintedToken:
        self.limits.identity_token(request.address)
        issuer = unverified_issuer(identity_token)  # it only chooses whose keys to try, among those that are trusted
        with self.database.snapshot() as tx:
            candidates = PublisherRepository(tx).of_issuer(issuer)
        if not candidates:
            raise NoPublisherError("no publisher of this registry trusts the issuer of the identity token")
        signed = self.issuers.verify(identity_token, issuer, ALGORITHMS)
        signed_part = identity_token.rpartition(".")[0]
        job = read_job(signed.claims, issuer, self.audience, self.clock(), signed=signed_part)
        chosen = choose(candidates, signed.claims, publisher)
        self.limits.mint(chosen.publisher.id)
        _report_unknown(chosen)
        with self.database.transaction() as tx:
            if not LoginRepository(tx).use(job.digest, job.remembered_until):
                raise TokenReplayedError("this identity token was used before; every job asks for its own")
            PublisherRepository(tx).get(chosen.publisher.name)  # it may be gone since
            return self._issue(tx, chosen, request, str(signed.claims.get("sub", "")))

    def _issue(self, tx: Transaction, chosen: Chosen, request: RequestInfo, subject: str) -> MintedToken:
        publisher = chosen.publisher
        permissions = _permissions(tx, publisher.role)
        reach = Reach(frozenset(permissions), frozenset(str(scope) for scope in publisher.scopes))
        issued = self.tokens.issue(tx, publisher.principal_id, TokenTerms(TokenKind.CI, TOKEN_LIFE, reach))
        job = Actor(
            publisher.principal_id, f"ci:{publisher.name}", PrincipalKind.CI, frozenset(), issued.token.id, request
        )
        data = {
            "publisher_id": publisher.id,
            "token_id": issued.token.id,
            "expires_at": timestamp(issued.token.expires_at),
            "unknown_claims": list(chosen.unknown),
        }
        tx.record(
            Event("access.ci_token_minted", publisher.principal_id, job, self.clock(), data, {"subject": subject})
        )
        return MintedToken(issued, publisher)

    def _grant(self, tx: Transaction, actor: Actor, publisher: Publisher) -> None:
        """Give the publisher its role, as far as the actor holds all of it there: nobody grants what they lack."""
        permissions = _permissions(tx, publisher.role)
        for scope in publisher.scopes:
            self.access.require(tx, actor, Permission.GRANT_WRITE, scope)
            check_holds(tx, actor, permissions, scope, "", publisher.created_at)
            binding = Binding(
                id=self.new_id(),
                subject=Subject(SubjectType.CI, publisher.principal_id),
                role=publisher.role,
                scope=scope,
                stage="",
                expires_at=None,
                reason="",
                since=publisher.created_at,
                granted_by=actor.id,
            )
            BindingRepository(tx).add(binding)
            tx.record(binding.granted(actor))

    def _revoke(self, tx: Transaction, actor: Actor, publisher: Publisher, now: datetime) -> None:
        bindings = BindingRepository(tx)
        held = bindings.of_subject(publisher.principal_id)
        bindings.end([binding.id for binding in held], actor.id, now)
        tx.record(*(binding.end(actor, now)[1] for binding in held))

    def _visible(self, tx: Transaction, actor: Actor, name: str, permission: Permission) -> Publisher:
        """Return a publisher on all of whose scopes the actor holds the permission."""
        publisher = PublisherRepository(tx).get(name)
        lacking = [scope for scope in publisher.scopes if not self.access.allows(tx, actor, permission, scope)]
        if not all(self.access.allows(tx, actor, Permission.GRANT_READ, scope) for scope in lacking):
            raise no_such_publisher(name)
        if lacking:
            raise self.access.refusal(actor, permission, lacking[0])
        return publisher


def _report_unknown(chosen: Chosen) -> None:
    """Raise the alarm of claims that are new: one of them may decide who can publish, and nobody checks it."""
    if chosen.unknown:
        publishing_metrics().surprised(chosen.publisher.conditions.kind.value)
        _log.warning(
            "identity tokens of publisher %s have claims that nobody checks: %s; see whether they matter",
            chosen.publisher.name,
            ", ".join(chosen.unknown),
        )


def _permissions(tx: Transaction, role: str) -> frozenset[Permission]:
    """Return what a role gives to a CI job: all that it grants but what no job ever gets.

    Raises:
        RoleNotFoundError: there is no such role.
        PublisherConditionError: that is nothing.
    """
    permissions = within_reach(PrincipalKind.CI, RoleRepository(tx).get(role).permissions)
    if not permissions:
        raise PublisherConditionError(f"the role {role} gives a CI job nothing", field="role")
    return permissions
