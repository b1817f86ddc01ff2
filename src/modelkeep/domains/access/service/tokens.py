"""Creates, lists and revokes tokens, and tells of those that end soon."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelkeep.domains.access.domain.permissions import Permission
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.reach import UNLIMITED, Reach
from modelkeep.domains.access.domain.refusals import impersonation, refusal
from modelkeep.domains.access.domain.scopes import REGISTRY
from modelkeep.domains.access.domain.sessions import require_recent_login
from modelkeep.domains.access.domain.tokens import (
    NOTICE_DAYS,
    Revocation,
    Token,
    TokenKind,
    TokenNotFoundError,
    check_life,
    check_name,
    is_well_formed,
)
from modelkeep.domains.access.repository import AccessRepository, TokenRepository
from modelkeep.domains.access.service.authentication import AuthenticationService
from modelkeep.domains.access.service.authorization import AccessService
from modelkeep.domains.access.service.holding import check_holds_as
from modelkeep.domains.access.service.issuing import IssuedToken, TokenIssuer, TokenTerms
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, RequestInfo, TokenId, system_actor
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database, Transaction

_HOUSEKEEPING = system_actor()
_KINDS = {PrincipalKind.USER: TokenKind.PERSONAL, PrincipalKind.SERVICE: TokenKind.SERVICE}


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as somebody wants it; without `principal` for themselves, else for a service account."""

    reach: Reach = UNLIMITED
    name: str = ""
    days: int | None = None
    principal: PrincipalId | None = None


@dataclass(frozen=True, slots=True)
class TokenService:
    """Tokens of people and of service accounts."""

    database: Database
    access: AccessService
    authentication: AuthenticationService
    issuer: TokenIssuer
    clock: Clock

    def create(self, actor: Actor, new: NewToken) -> Recorded[IssuedToken]:
        """Issue a token for the actor, or for a service account that is theirs.

        What it leaves open is limited as the token is that the actor uses; nobody makes a wider one than that.

        Raises:
            TokenTooWideError: it would reach further, or last longer, than the token it is made with.
            ForbiddenError: the actor, or that token, may make none; or it would be another person's.
            GrantExceedsError: the service account is somebody else's, and holds what the actor does not.
        """
        require_recent_login(actor, self.clock())
        name = check_name(new.name)
        with self.database.transaction() as tx:
            parent = self._used(tx, actor)
            holder = self._holder(tx, actor, new.principal or actor.id)
            self._check_may_make(tx, actor, holder)
            terms = TokenTerms(
                kind=_KINDS[holder.kind],
                life=check_life(new.days, self.clock(), None if parent is None else parent.expires_at),
                reach=new.reach if parent is None else new.reach.within(parent.reach),
                name=name,
                created_by=actor.id,
                parent_id=None if parent is None else parent.id,
            )
            issued = self.issuer.issue(tx, holder.id, terms)
            tx.record(issued.token.created(actor))
        return Recorded(issued, tx.receipt)

    def list(self, actor: Actor, page: PageRequest, *, principal: PrincipalId | None = None) -> Page[Token]:
        """Return one page of the tokens that still open something, newest first: the actor's own, or another's.

        A token that may not make others lists itself only.
        """
        with self.database.snapshot() as tx:
            holder, used = self._holder(tx, actor, principal or actor.id), self._used(tx, actor)
            if used is not None and not used.manages_others:
                if holder.id != actor.id:
                    raise refusal(actor, Permission.TOKEN_CREATE, REGISTRY, self.clock())
                return Page((used,), None)
            return TokenRepository(tx).list(holder.id, self.clock(), page)

    def get(self, actor: Actor, token: TokenId) -> Token:
        """Return a token of the actor, or of somebody whose tokens they look after; by a narrow token, itself.

        Raises:
            TokenNotFoundError: they may not see it, or it is not there.
        """
        with self.database.snapshot() as tx:
            return self._visible(tx, actor, token)

    def current(self, actor: Actor) -> Token | None:
        """Return the token that the actor uses, or None who came by a session."""
        with self.database.snapshot() as tx:
            return self._used(tx, actor)

    def revoke(self, actor: Actor, token: TokenId) -> Recorded[Token]:
        """End a token, and all that were made with it; one that has ended stays as it is.

        Raises:
            TokenNotFoundError: the actor may not see it, or it is not there.
        """
        with self.database.transaction() as tx:
            found = self._visible(tx, actor, token)
            revoked = self._revoke(tx, actor, found, Revocation.ASKED)
        self.authentication.known.forget(found.principal_id)
        return Recorded(revoked, tx.receipt)

    def report_leak(self, secret: str, request: RequestInfo) -> bool:
        """End a token that whoever reports it has in their hands; say whether it opened anything until now."""
        return self.end_leaked((secret,), request).get(secret, False)

    def end_leaked(self, secrets: Iterable[str], request: RequestInfo) -> Mapping[str, bool]:
        """End those of some texts that are tokens of this registry, all or none; say which opened anything until now.

        What is no token of this registry is not in the answer.
        """
        formed = [secret for secret in secrets if is_well_formed(secret)]
        by_hash = {digest: secret for secret in formed for digest in self.authentication.hashes(secret)}
        with self.database.snapshot() as tx:
            known = TokenRepository(tx).find_all_by_secret_hash(by_hash)
        now = self.clock()
        live = [token for token in known if token.usable_at(now)]
        if live:
            with self.database.transaction() as tx:
                for token in live:
                    holder = AccessRepository(tx).get_principal(token.principal_id)
                    bearer = Actor(holder.id, holder.name, holder.kind, frozenset(), token.id, request)
                    self._revoke(tx, bearer, token, Revocation.LEAKED)
        for token in live:
            self.authentication.known.forget(token.principal_id)
        return {by_hash[token.secret_hash]: token in live for token in known}

    def notice_expiring(self) -> int:
        """Record notices of tokens that end in 14 days, and in 3; return how many."""
        now = self.clock()
        return sum(self._notice(now, days) for days in sorted(NOTICE_DAYS))

    def _notice(self, now: datetime, days: int) -> int:
        with self.database.transaction() as tx:
            stored = TokenRepository(tx)
            due = stored.due_for_notice(now, now + timedelta(days=days), days)
            if due:
                stored.notice([token.id for token in due], days)
                tx.record(*(token.expiring(_HOUSEKEEPING, now, days) for token in due))
        return len(due)

    def _revoke(self, tx: Transaction, by: Actor, token: Token, why: Revocation) -> Token:
        if token.revoked_at is not None:
            return token
        stored, now = TokenRepository(tx), self.clock()
        family = stored.family(token.id)
        stored.revoke([member.id for member in family], by.id, now)
        revoked = token
        for member in family:
            ended, event = member.revoke(by, now, why if member.id == token.id else Revocation.PARENT)
            tx.record(event)
            revoked = ended if member.id == token.id else revoked
        return revoked

    def _check_may_make(self, tx: Transaction, actor: Actor, holder: Principal) -> None:
        if holder.kind not in _KINDS or not self.access.allows_somewhere(tx, actor, Permission.TOKEN_CREATE):
            raise refusal(actor, Permission.TOKEN_CREATE, REGISTRY, self.clock())
        if actor.id in (holder.id, holder.owner_id):
            return
        if holder.kind is PrincipalKind.USER:
            raise impersonation(actor, self.clock())
        check_holds_as(tx, actor, holder.id, self.clock())

    def _used(self, tx: Transaction, actor: Actor) -> Token | None:
        return None if actor.token_id is None else TokenRepository(tx).get(actor.token_id)

    def _visible(self, tx: Transaction, actor: Actor, token: TokenId) -> Token:
        found, used = TokenRepository(tx).get(token), self._used(tx, actor)
        holder = AccessRepository(tx).get_principal(found.principal_id)
        reaches = used is None or used.manages_others or used.id == found.id
        if not reaches or not self._looks_after(tx, actor, holder):
            raise TokenNotFoundError(f"there is no token {token[:80]} that you may see; list yours", token=token[:80])
        return found

    def _holder(self, tx: Transaction, actor: Actor, principal: PrincipalId) -> Principal:
        holder = AccessRepository(tx).find_principal(principal)
        if holder is None or not self._looks_after(tx, actor, holder):
            raise refusal(actor, Permission.PRINCIPAL_WRITE, REGISTRY, self.clock())
        return holder

    def _looks_after(self, tx: Transaction, actor: Actor, holder: Principal) -> bool:
        """Say whether the actor manages a principal's tokens: their own, their service accounts', or everybody's."""
        if actor.id in (holder.id, holder.owner_id):
            return True
        return self.access.allows(tx, actor, Permission.PRINCIPAL_WRITE, REGISTRY)
