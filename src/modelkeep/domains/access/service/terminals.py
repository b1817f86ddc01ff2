"""Logins of the command line: codes that somebody approves in a browser, and the tokens they are exchanged for."""

import secrets
from dataclasses import dataclass, field

from modelkeep.domains.access.domain.openid.logins import digest_of
from modelkeep.domains.access.domain.openid.terminals import (
    CODE_LIFE,
    DEVICE_LIFE,
    TOKEN_LIFE,
    DeviceLogin,
    LoginCode,
    LoopbackRequest,
    check_label,
    new_user_code,
    read_user_code,
    refused_code,
)
from modelkeep.domains.access.domain.tokens import TokenKind
from modelkeep.domains.access.repository import AccessRepository, TerminalRepository
from modelkeep.domains.access.service.issuing import IssuedToken, TokenIssuer, TokenTerms
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.identity import Actor, PrincipalId, RequestInfo
from modelkeep.platform.database import Database, Transaction
from modelkeep.platform.openid import challenge_of


@dataclass(frozen=True, slots=True)
class BegunDevice:
    """What a command line is told: its own secret, and the code that people type."""

    device_code: str = field(repr=False)
    login: DeviceLogin
    page: str
    """Where they type it."""


@dataclass(frozen=True, slots=True)
class TerminalLoginService:
    """Logins of the command line."""

    database: Database
    clock: Clock
    tokens: TokenIssuer
    page: str

    def begin_device(self, label: str) -> BegunDevice:
        """Begin a login that is approved in a browser elsewhere.

        Raises:
            TerminalLoginError: the label cannot be shown.
        """
        device_code = secrets.token_urlsafe(32)
        login = DeviceLogin(digest_of(device_code), new_user_code(), check_label(label), self.clock() + DEVICE_LIFE)
        with self.database.transaction() as tx:
            TerminalRepository(tx).add_device(login)
        return BegunDevice(device_code, login, self.page)

    def find_device(self, typed: str) -> DeviceLogin:
        """Return the login that waits under a code that somebody has typed.

        Raises:
            TerminalCodeRefusedError: there is none.
        """
        with self.database.snapshot() as tx:
            return self._waiting(tx, typed)

    def decide_device(self, actor: Actor, typed: str, *, approved: bool) -> DeviceLogin:
        """Let the command line that waits under a code act as the actor, or refuse it.

        Raises:
            TerminalCodeRefusedError: none waits, or somebody was faster.
        """
        with self.database.transaction() as tx:
            login = self._waiting(tx, typed)
            if not TerminalRepository(tx).decide(login, actor.id if approved else None):
                raise refused_code()
        return login

    def finish_device(self, device_code: str, request: RequestInfo) -> IssuedToken:
        """Return the token of an approved login, once.

        Raises:
            AuthorizationPendingError, SlowDownError: ask again later.
            LoginDeniedError: somebody has refused.
            TerminalCodeRefusedError: it is unknown, finished, or too old.
        """
        refusal: RegistryError
        with self.database.transaction() as tx:
            terminals, now = TerminalRepository(tx), self.clock()
            before = terminals.find_device(digest_of(device_code))
            if before is None:
                raise refused_code()
            login = before.asked(now)
            try:
                principal = login.outcome(before, now)
            except RegistryError as error:
                terminals.save_question(login)  # it counts although it is refused: the transaction is kept
                refusal = error
            else:
                terminals.remove_device(login)
                return self._issue(tx, principal, login.label, request)
        raise refusal

    def approve_loopback(self, actor: Actor, asked: LoopbackRequest) -> str:
        """Return where to send the browser: to the command line on its machine, with a code."""
        code = secrets.token_urlsafe(32)
        kept = LoginCode(digest_of(code), asked.challenge, asked.label, actor.id, self.clock() + CODE_LIFE)
        with self.database.transaction() as tx:
            TerminalRepository(tx).add_code(kept)
        return asked.answer(code=code)

    def finish_loopback(self, code: str, verifier: str, request: RequestInfo) -> IssuedToken:
        """Return the token for a code, once; the code is spent whatever the verifier is.

        Raises:
            TerminalCodeRefusedError: it is unknown, spent, too old, or another verifier's.
        """
        with self.database.transaction() as tx:
            kept = TerminalRepository(tx).take_code(digest_of(code))
        if kept is None:
            raise refused_code()
        kept.check(challenge_of(verifier), self.clock())
        with self.database.transaction() as tx:
            return self._issue(tx, kept.principal_id, kept.label, request)

    def _waiting(self, tx: Transaction, typed: str) -> DeviceLogin:
        found = TerminalRepository(tx).find_waiting(read_user_code(typed), self.clock())
        if found is None:
            raise refused_code()
        return found

    def _issue(self, tx: Transaction, who: PrincipalId, label: str, request: RequestInfo) -> IssuedToken:
        principal = AccessRepository(tx).get_principal(who)
        if principal.disabled_at is not None:
            raise refused_code()
        issued = self.tokens.issue(tx, who, TokenTerms(TokenKind.PERSONAL, TOKEN_LIFE, name=label))
        actor = Actor(who, principal.name, principal.kind, principal.roles, request=request)
        tx.record(issued.token.created(actor))
        return issued
