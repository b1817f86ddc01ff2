"""Loads and stores principals and tokens. SQL of access control lives here and nowhere else."""

from datetime import datetime

from sqlalchemy import insert, select, update

from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.scopes import REGISTRY_TEXT
from modelkeep.domains.access.domain.tokens import Token
from modelkeep.domains.access.tables import (
    BINDING,
    MEMBER,
    PRINCIPAL,
    TOKEN_PERMISSION,
    TOKEN_SCOPE,
    PepperRow,
    PrincipalRow,
    TokenRow,
)
from modelkeep.kernel.identity import PrincipalId, PrincipalKind, TokenId
from modelkeep.platform.database import Transaction


class AccessRepository:
    """Principals and tokens within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def add_principal(self, principal: Principal) -> None:
        """Store a new principal; its roles are bindings."""
        values = {
            "id": principal.id,
            "kind": principal.kind.value,
            "name": principal.name,
            "owner_id": principal.owner_id,
            "created_at": principal.created_at,
            "disabled_at": principal.disabled_at,
        }
        self._session.execute(insert(PRINCIPAL), values)

    def add_token(self, token: Token) -> None:
        """Store a new token."""
        self._session.add(
            TokenRow(
                id=token.id,
                principal_id=token.principal_id,
                secret_hash=token.secret_hash,
                last_four=token.last_four,
                created_at=token.created_at,
                expires_at=token.expires_at,
                revoked_at=token.revoked_at,
            )
        )
        self._session.flush()
        permissions = [{"token_id": token.id, "permission": text} for text in sorted(token.permissions)]
        scopes = [{"token_id": token.id, "scope": text} for text in sorted(token.scopes)]
        self._session.execute(insert(TOKEN_PERMISSION), permissions)
        self._session.execute(insert(TOKEN_SCOPE), scopes)

    def find_holder(self, role: str) -> Principal | None:
        """Return the user who has held a role on the registry for longest, without an end, or None."""
        row = self._session.scalars(
            select(PrincipalRow)
            .join(BINDING, BINDING.c.subject_id == PrincipalRow.id)
            .where(
                BINDING.c.role == role,
                BINDING.c.scope == REGISTRY_TEXT,
                BINDING.c.until.is_(None),
                BINDING.c.expires_at.is_(None),
                PrincipalRow.disabled_at.is_(None),
            )
            .order_by(PrincipalRow.created_at)
            .limit(1)
        ).one_or_none()
        return None if row is None else self._principal(row)

    def find_by_secret_hash(self, secret_hash: bytes) -> tuple[Token, Principal] | None:
        """Return the token with this hash and its principal, or None."""
        found = self._session.execute(
            select(TokenRow, PrincipalRow)
            .join(PrincipalRow, PrincipalRow.id == TokenRow.principal_id)
            .where(TokenRow.secret_hash == secret_hash)
        ).one_or_none()
        if found is None:
            return None
        row, principal = found
        token = Token(
            id=TokenId(row.id),
            principal_id=PrincipalId(row.principal_id),
            secret_hash=row.secret_hash,
            last_four=row.last_four,
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )
        return token, self._principal(principal)

    def get_principal(self, identity: PrincipalId) -> Principal:
        """Return the principal of an id that a row refers to."""
        return self._principal(self._session.get_one(PrincipalRow, identity))

    def disable(self, identity: PrincipalId, at: datetime) -> None:
        """Let a principal do nothing from now on."""
        self._session.execute(update(PRINCIPAL).where(PRINCIPAL.c.id == identity).values(disabled_at=at))

    def names(self, ids: frozenset[str]) -> dict[str, str]:
        """Return the names people know principals by."""
        rows = self._session.execute(select(PrincipalRow.id, PrincipalRow.name).where(PrincipalRow.id.in_(ids)))
        return {row.id: row.name for row in rows}

    def pepper(self) -> str | None:
        """Return the fingerprint of the pepper that the stored hashes were made with."""
        row = self._session.get(PepperRow, 1)
        return None if row is None else row.fingerprint

    def set_pepper(self, fingerprint: str) -> None:
        """Store the fingerprint of the first pepper."""
        self._session.add(PepperRow(id=1, fingerprint=fingerprint))

    def _principal(self, row: PrincipalRow) -> Principal:
        groups = select(MEMBER.c.group_id).where(MEMBER.c.principal_id == row.id, MEMBER.c.until.is_(None))
        roles = self._session.scalars(
            select(BINDING.c.role).where(
                (BINDING.c.subject_id == row.id) | BINDING.c.subject_id.in_(groups),
                BINDING.c.scope == REGISTRY_TEXT,
                BINDING.c.until.is_(None),
            )
        )
        return Principal(
            id=PrincipalId(row.id),
            kind=PrincipalKind(row.kind),
            name=row.name,
            roles=frozenset(roles),
            created_at=row.created_at,
            owner_id=None if row.owner_id is None else PrincipalId(row.owner_id),
            disabled_at=row.disabled_at,
        )
