"""Issues tokens inside the transaction of a login, of a CI job, or of whoever asks for one."""

from dataclasses import dataclass, field
from datetime import timedelta

from modelkeep.domains.access.domain.reach import UNLIMITED, Reach
from modelkeep.domains.access.domain.tokens import Token, TokenKind, hash_secret, new_secret, pepper_fingerprint
from modelkeep.domains.access.repository import TokenRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.identity import PrincipalId, TokenId
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token whose secret can be read only now."""

    secret: str = field(repr=False)
    token: Token


@dataclass(frozen=True, slots=True)
class TokenTerms:
    """What a new token is: its kind, its life, how far it reaches, its name, who made it and with which token."""

    kind: TokenKind
    life: timedelta
    reach: Reach = UNLIMITED
    name: str = ""
    created_by: PrincipalId | None = None
    parent_id: TokenId | None = None


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Makes tokens: the secret for whoever gets it, its keyed hash for the database."""

    clock: Clock
    new_id: IdSource
    pepper: bytes = field(repr=False)

    def issue(self, tx: Transaction, principal: PrincipalId, terms: TokenTerms) -> IssuedToken:
        """Store a new token of a principal; who calls this records `token.created(…)`."""
        secret, now = new_secret(terms.kind), self.clock()
        token = Token(
            id=TokenId(self.new_id()),
            principal_id=principal,
            secret_hash=hash_secret(secret, self.pepper),
            last_four=secret[-4:],
            created_at=now,
            expires_at=now + terms.life,
            permissions=terms.reach.permissions,
            scopes=terms.reach.scopes,
            networks=terms.reach.networks,
            kind=terms.kind,
            name=terms.name,
            created_by=terms.created_by or principal,
            parent_id=terms.parent_id,
            pepper=pepper_fingerprint(self.pepper),
        )
        TokenRepository(tx).add(token)
        return IssuedToken(secret, token)
