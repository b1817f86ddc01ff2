"""Issues tokens inside the transaction of a login or of a CI job; who calls it records the event."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta

from modelkeep.domains.access.domain.tokens import WHOLE, Token, TokenKind, hash_secret, new_secret
from modelkeep.domains.access.repository import AccessRepository
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
class TokenIssuer:
    """Makes tokens: the secret for whoever gets it, its keyed hash for the database."""

    clock: Clock
    new_id: IdSource
    pepper: bytes = field(repr=False)

    def issue(
        self,
        tx: Transaction,
        principal: PrincipalId,
        kind: TokenKind,
        life: timedelta,
        *,
        permissions: AbstractSet[str] = WHOLE,
        scopes: AbstractSet[str] = WHOLE,
    ) -> IssuedToken:
        """Store a new token of a principal, limited to these permissions and scopes."""
        secret, now = new_secret(kind), self.clock()
        token = Token(
            id=TokenId(self.new_id()),
            principal_id=principal,
            secret_hash=hash_secret(secret, self.pepper),
            last_four=secret[-4:],
            created_at=now,
            expires_at=now + life,
            permissions=frozenset(permissions),
            scopes=frozenset(scopes),
        )
        AccessRepository(tx).add_token(token)
        return IssuedToken(secret, token)
