"""Logs people in through OpenID providers: the code flow with PKCE, who comes back from it, and their groups."""

import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from modelkeep.domains.access.domain.openid.claims import LEEWAY
from modelkeep.domains.access.domain.openid.identity_tokens import Expected, ExternalIdentity, read_identity
from modelkeep.domains.access.domain.openid.logins import (
    ATTEMPT_LIFE,
    LoginAttempt,
    LoginRefusedError,
    derived,
    digest_of,
    local_path,
    refused_login,
)
from modelkeep.domains.access.domain.openid.logout_tokens import LogoutOrder, read_logout
from modelkeep.domains.access.domain.openid.providers import LoginProvider
from modelkeep.domains.access.domain.publishing.publishers import REMEMBERED, TokenReplayedError
from modelkeep.domains.access.domain.sessions import LONGEST
from modelkeep.domains.access.repository import LoginProviderRepository, LoginRepository
from modelkeep.domains.access.service.admission import Admission
from modelkeep.domains.access.service.login_providers import Secrets
from modelkeep.domains.access.service.sessions import OpenedSession, SessionService
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.identity import Actor, RequestInfo, system_actor
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.database import ConcurrentWriteError, Database
from modelkeep.platform.openid import AuthorizationRequest, Client, IssuerDirectory, authorization_url, exchange_code
from modelkeep.platform.outbound_http import OutboundHttp

_NONCE: Final = "oidc nonce"
_VERIFIER: Final = "oidc verifier"
_EMAIL: Final = "oidc e-mail"
_ANEW: Final = "anew."
"""Begins the state of a login that is to ask anew: the state's digest is kept, so nobody takes it away or adds it."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What the browser brings back from a provider: the parameters of the callback."""

    state: str
    code: str | None = field(repr=False)
    issuer: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class FinishedLogin:
    """Who has logged in, and what their browser is to see next."""

    actor: Actor
    opened: OpenedSession
    return_to: str


@dataclass(frozen=True, slots=True)
class LoginService:
    """Logins of people."""

    database: Database
    issuers: IssuerDirectory
    http: OutboundHttp
    clock: Clock
    new_id: IdSource
    sessions: SessionService
    pepper: bytes = field(repr=False)
    secrets: Secrets = field(repr=False)
    callbacks: str
    """The address below which those of all providers are: `https://models.example.org/api/v1/login/oidc`."""

    def begin(self, name: str, *, browser: str, return_to: str | None, fresh: bool = False) -> str:
        """Return where to send a browser that wants to log in; `browser` is a secret that its cookie keeps.

        With `fresh` the provider is to ask who it is, even if it has just done so.

        Raises:
            LoginProviderNotFoundError: there is no such provider.
            IssuerUnavailableError: it cannot be reached, or offers no code flow with PKCE.
        """
        with self.database.snapshot() as tx:
            provider = LoginProviderRepository(tx).get(name)
        state = (_ANEW if fresh else "") + secrets.token_urlsafe(32)
        address = authorization_url(
            self.issuers.metadata(provider.details.issuer),
            self._client(provider),
            AuthorizationRequest(
                scopes=provider.details.scopes,
                state=state,
                nonce=derived(self.pepper, _NONCE, state),
                verifier=derived(self.pepper, _VERIFIER, state),
                max_age=timedelta(0) if fresh else LONGEST,
            ),
        )
        attempt = LoginAttempt(
            digest_of(state), digest_of(browser), name, local_path(return_to), self.clock() + ATTEMPT_LIFE
        )
        with self.database.transaction() as tx:
            LoginRepository(tx).begin(attempt)
        return address

    def finish(self, name: str, answer: ProviderAnswer, *, browser: str, request: RequestInfo) -> FinishedLogin:
        """Finish a login: whoever the provider says it is becomes, or is, a user here.

        The state counts once, whatever comes of it.

        Raises:
            LoginRefusedError: it was not begun in this browser, is too old, was finished before, or the provider or an
                administrator refuses.
            CodeRefusedError, TokenRefusedError, ClaimRefusedError: what came from the provider does not prove it.
            IssuerUnavailableError: the provider cannot be reached.
        """
        with self.database.transaction() as tx:
            attempt = LoginRepository(tx).take(digest_of(answer.state))
        if attempt is None:
            raise refused_login()
        attempt.check(name, browser, self.clock())
        with self.database.snapshot() as tx:
            provider = LoginProviderRepository(tx).get(name)
        asked_at = attempt.expires_at - ATTEMPT_LIFE if answer.state.startswith(_ANEW) else None
        identity = self._identify(provider, answer, asked_at)
        try:
            actor, opened = self._admit(provider, identity, request)
        except ConcurrentWriteError:  # the same person has come twice at once for the first time, and is there now
            actor, opened = self._admit(provider, identity, request)
        return FinishedLogin(actor, opened, attempt.return_to)

    def log_out(self, name: str, token: str, request: RequestInfo) -> None:
        """End the sessions that a provider's logout token names: one, or all of a user (back-channel logout).

        Raises:
            TokenRefusedError, ClaimRefusedError: it is no logout token of the provider for this registry.
            TokenReplayedError: it came before.
        """
        order, issuer = self._read_logout(name, token)
        by = system_actor(request)
        with self.database.transaction() as tx:
            logins = LoginRepository(tx)
            if not logins.use(digest_of(f"{issuer}\0logout\0{order.id}"), order.expires_at + LEEWAY + REMEMBERED):
                raise TokenReplayedError("this logout token came before")
            if order.session:
                self.sessions.end_external(tx, by, issuer=issuer, external_id=order.session)
            elif (user := logins.find_user(issuer, order.subject)) is not None:
                self.sessions.end_all(tx, by, user)

    def _read_logout(self, name: str, token: str) -> tuple[LogoutOrder, str]:
        with self.database.snapshot() as tx:
            provider = LoginProviderRepository(tx).get(name)
        details = provider.details
        signed = self.issuers.verify(token, details.issuer, details.algorithms)
        order = read_logout(signed.claims, details.issuer, details.client_id, self.clock(), token_type=signed.type)
        return order, details.issuer

    def _admit(
        self, provider: LoginProvider, identity: ExternalIdentity, request: RequestInfo
    ) -> tuple[Actor, OpenedSession]:
        with self.database.transaction() as tx:
            actor = self._admission(provider, request).admit(tx, identity)
            opened = self.sessions.open(
                tx,
                actor,
                issuer=identity.issuer,
                external_id=identity.session,
                authenticated_at=identity.authenticated_at,
            )
        return actor, opened

    def _admission(self, provider: LoginProvider, request: RequestInfo) -> Admission:
        return Admission(
            provider=provider,
            now=self.clock(),
            request=request,
            new_id=self.new_id,
            email_digest=lambda email: derived(self.pepper, _EMAIL, email),
        )

    def _client(self, provider: LoginProvider) -> Client:
        return Client(
            provider.details.client_id, self.secrets(provider.name), f"{self.callbacks}/{provider.name}/callback"
        )

    def _identify(self, provider: LoginProvider, answer: ProviderAnswer, asked_at: datetime | None) -> ExternalIdentity:
        details = provider.details
        metadata = self.issuers.metadata(details.issuer)
        if answer.issuer != details.issuer and (metadata.names_itself or answer.issuer is not None):
            raise refused_login()  # another provider's answer: the mix-up of RFC 9207
        if answer.code is None:
            raise LoginRefusedError(f"the provider refuses this login ({(answer.error or 'no reason')[:60]})")
        client = self._client(provider)
        verifier = derived(self.pepper, _VERIFIER, answer.state)
        tokens = exchange_code(self.http, metadata, client, code=answer.code, verifier=verifier)
        signed = self.issuers.verify(tokens.id_token, details.issuer, details.algorithms)
        nonce = derived(self.pepper, _NONCE, answer.state)
        return read_identity(
            signed.claims,
            Expected(details.issuer, details.client_id, nonce, details.groups_claim, asked_at),
            self.clock(),
            algorithm=signed.algorithm,
            access_token=tokens.access_token,
        )
