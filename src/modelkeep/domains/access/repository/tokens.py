"""Tokens within one transaction."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, insert, select, update

from modelkeep.domains.access.domain.tokens import Token, TokenKind, TokenNotFoundError
from modelkeep.domains.access.tables import LAST_USE, PEPPER, TOKEN, TOKEN_PERMISSION, TOKEN_SCOPE
from modelkeep.kernel.identity import PrincipalId, TokenId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, AnySelect, Transaction
from modelkeep.platform.database.lists import OrderKey, fetch_page

NOTICED_AT_ONCE: Final = 500
_TOKENS: Final[AnySelect] = select(*TOKEN.c, LAST_USE.c.at.label("last_used_at")).outerjoin(
    LAST_USE, LAST_USE.c.id == TOKEN.c.id
)
_BY_SECRET: Final = _TOKENS.where(TOKEN.c.secret_hash.in_(bindparam("hashes", expanding=True)))
_BY_AGE: Final = OrderKey(TOKEN.c.id, str)


class TokenRepository:
    """Tokens within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def add(self, token: Token) -> None:
        """Store a new token."""
        values = {
            "id": token.id,
            "principal_id": token.principal_id,
            "secret_hash": token.secret_hash,
            "last_four": token.last_four,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "revoked_at": token.revoked_at,
            "kind": token.kind.value,
            "name": token.name,
            "networks": " ".join(token.networks),
            "pepper": token.pepper,
            "created_by": token.created_by,
            "parent_id": token.parent_id,
            "noticed_days": token.noticed_days,
        }
        permissions = [{"token_id": token.id, "permission": text} for text in sorted(token.permissions)]
        scopes = [{"token_id": token.id, "scope": text} for text in sorted(token.scopes)]
        self._session.execute(insert(TOKEN), values)
        if permissions:
            self._session.execute(insert(TOKEN_PERMISSION), permissions)
        if scopes:
            self._session.execute(insert(TOKEN_SCOPE), scopes)

    def find_by_secret_hash(self, hashes: Collection[bytes]) -> Token | None:
        """Return the token with one of these hashes, or None."""
        return self._one(self._session.execute(_BY_SECRET, {"hashes": list(hashes)}).one_or_none())

    def find_all_by_secret_hash(self, hashes: Collection[bytes]) -> tuple[Token, ...]:
        """Return the tokens with these hashes."""
        if not hashes:
            return ()
        return self._tokens(self._session.execute(_BY_SECRET, {"hashes": list(hashes)}).all())

    def get(self, token: TokenId, *, of: PrincipalId | None = None) -> Token:
        """Return a token, if it is that principal's where one is named.

        Raises:
            TokenNotFoundError: there is none.
        """
        found = self._one(self._session.execute(_TOKENS.where(TOKEN.c.id == token)).one_or_none())
        if found is None or (of is not None and found.principal_id != of):
            raise TokenNotFoundError(f"there is no token {token[:80]} that you may see; list yours", token=token[:80])
        return found

    def list(self, principal: PrincipalId, now: datetime, request: PageRequest) -> Page[Token]:
        """Return one page of the tokens of a principal that still open something, newest first."""
        page = fetch_page(
            self._session,
            _TOKENS.add_columns(TOKEN.c.id.label("position"), TOKEN.c.id.label("last")).where(
                TOKEN.c.principal_id == principal, TOKEN.c.revoked_at.is_(None), TOKEN.c.expires_at > now
            ),
            request=request,
            scope=f"tokens {principal}",
            order=(_BY_AGE, TOKEN.c.id, True),
            build=lambda row: row,
        )
        return Page(self._tokens(page.items), page.next_token)

    def family(self, token: TokenId) -> tuple[Token, ...]:
        """Return a token and all that were made with it, or with those in turn, and that nobody has revoked."""
        known = select(TOKEN.c.id).where(TOKEN.c.id == token).cte("family", recursive=True)
        known = known.union(select(TOKEN.c.id).join(known, TOKEN.c.parent_id == known.c.id))
        rows = self._session.execute(
            _TOKENS.where(TOKEN.c.id.in_(select(known.c.id)), TOKEN.c.revoked_at.is_(None)).order_by(TOKEN.c.id)
        )
        return self._tokens(rows.all())

    def revoke(self, ids: Iterable[TokenId], by: PrincipalId, at: datetime) -> None:
        """End tokens."""
        self._session.execute(update(TOKEN).where(TOKEN.c.id.in_(list(ids))).values(revoked_at=at, revoked_by=by))

    def due_for_notice(self, now: datetime, end: datetime, days: int) -> tuple[Token, ...]:
        """Return tokens that end until `end`, and whose last notice, if any, was an earlier one than that of `days`."""
        rows = self._session.execute(
            _TOKENS.where(
                TOKEN.c.expires_at > now,
                TOKEN.c.expires_at <= end,
                TOKEN.c.revoked_at.is_(None),
                (TOKEN.c.noticed_days == 0) | (TOKEN.c.noticed_days > days),
            )
            .order_by(TOKEN.c.expires_at, TOKEN.c.id)
            .limit(NOTICED_AT_ONCE)
        )
        return self._tokens(rows.all())

    def notice(self, ids: Iterable[TokenId], days: int) -> None:
        """Remember which notice was given."""
        self._session.execute(update(TOKEN).where(TOKEN.c.id.in_(list(ids))).values(noticed_days=days))

    def pepper(self) -> str | None:
        """Return the fingerprint of the newest pepper that this database has seen."""
        return self._session.execute(select(PEPPER.c.fingerprint).where(PEPPER.c.id == 1)).scalar_one_or_none()

    def set_pepper(self, fingerprint: str, *, first: bool) -> None:
        """Store the fingerprint of the newest pepper."""
        values = {"id": 1, "fingerprint": fingerprint}
        self._session.execute(insert(PEPPER).values(values) if first else update(PEPPER).values(values))

    def _one(self, row: AnyRow | None) -> Token | None:
        return None if row is None else self._tokens([row])[0]

    def _tokens(self, rows: Collection[AnyRow]) -> tuple[Token, ...]:
        ids = [row.id for row in rows]
        permissions: dict[str, set[str]] = {identity: set() for identity in ids}
        scopes: dict[str, set[str]] = {identity: set() for identity in ids}
        for row in self._session.execute(select(*TOKEN_PERMISSION.c).where(TOKEN_PERMISSION.c.token_id.in_(ids))):
            permissions[row.token_id].add(row.permission)
        for row in self._session.execute(select(*TOKEN_SCOPE.c).where(TOKEN_SCOPE.c.token_id.in_(ids))):
            scopes[row.token_id].add(row.scope)
        return tuple(_token(row, permissions[row.id], scopes[row.id]) for row in rows)


def _token(row: AnyRow, permissions: set[str], scopes: set[str]) -> Token:
    return Token(
        id=TokenId(row.id),
        principal_id=PrincipalId(row.principal_id),
        secret_hash=row.secret_hash,
        last_four=row.last_four,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        permissions=frozenset(permissions),
        scopes=frozenset(scopes),
        networks=tuple(row.networks.split()),
        kind=TokenKind(row.kind),
        name=row.name,
        created_by=_principal(row.created_by),
        revoked_by=_principal(row.revoked_by),
        parent_id=None if row.parent_id is None else TokenId(row.parent_id),
        pepper=row.pepper,
        last_used_at=row.last_used_at,
    )


def _principal(identity: str | None) -> PrincipalId | None:
    return None if identity is None else PrincipalId(identity)
