"""Trusted keys within one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, insert, or_, select, update

from modelkeep.domains.governance.domain.signing_keys import MAX_KEYS, KeyKind, KeyMaterial, TrustedKey
from modelkeep.domains.governance.tables.signatures import SIGNING_KEY
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.model_signing import IdentityPattern
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.lists import BoundSelect, page_by_id

_KEYS: Final = select(*SIGNING_KEY.c)
_NOW: Final = SIGNING_KEY.c.until.is_(None)


class SigningKeyRepository:
    """Keys and authorities of one scope, from when it was made on: who makes a namespace anew begins with none."""

    def __init__(self, tx: Transaction, scope: str, since: datetime | None = None) -> None:
        """Work with the transaction's session; `since` is when the namespace was made."""
        self._session, self._scope = tx.session, scope
        self._of_scope = SIGNING_KEY.c.scope == self._scope
        if since is not None:
            self._of_scope &= SIGNING_KEY.c.since >= since

    def add(self, key: TrustedKey) -> None:
        """Store a new trust."""
        values = {
            "id": key.id,
            "scope": key.scope,
            "name": key.name,
            "kind": key.material.kind.value,
            "pem": key.material.pem,
            "fingerprint": key.material.fingerprint,
            "identity": None if key.identity is None else key.identity.text,
            "valid_from": key.valid_from,
            "valid_until": key.valid_until,
            "since": key.since,
            "trusted_by": key.trusted_by,
        }
        self._session.execute(insert(SIGNING_KEY), values)

    def find(self, identity: str) -> TrustedKey | None:
        """Return a key of the scope by its id, trusted still or not."""
        row = self._session.execute(_KEYS.where(self._of_scope, SIGNING_KEY.c.id == identity)).one_or_none()
        return None if row is None else _key(row)

    def find_named(self, name: str) -> TrustedKey | None:
        """Return the key that is trusted under a name."""
        row = self._session.execute(_KEYS.where(self._of_scope, _NOW, SIGNING_KEY.c.name == name)).one_or_none()
        return None if row is None else _key(row)

    def of_fingerprint(self, fingerprint: str) -> Sequence[TrustedKey]:
        """Return all trust that one key has or had, under any name."""
        rows = self._session.execute(_KEYS.where(self._of_scope, SIGNING_KEY.c.fingerprint == fingerprint))
        return tuple(map(_key, rows))

    def count(self) -> int:
        """Return how many are trusted."""
        query = select(func.count()).select_from(SIGNING_KEY).where(self._of_scope, _NOW)
        number: int = self._session.execute(query).scalar_one()
        return number

    def all(self) -> Sequence[TrustedKey]:
        """Return all that are trusted, then those that were: what tells why a signature holds no longer."""
        in_order = (SIGNING_KEY.c.until.is_not(None), SIGNING_KEY.c.id.desc())
        rows = self._session.execute(_KEYS.where(self._of_scope).order_by(*in_order).limit(2 * MAX_KEYS))
        return tuple(map(_key, rows))

    def end(self, key: TrustedKey) -> None:
        """Store that a key is trusted no longer."""
        ended = {"until": key.until, "ended_by": key.ended_by}
        self._session.execute(update(SIGNING_KEY).where(SIGNING_KEY.c.id == key.id, _NOW).values(**ended))

    def list(self, request: PageRequest, at: datetime | None) -> Page[TrustedKey]:
        """Return one page of the keys that are trusted, or were at a time, the newest first."""
        then = bindparam("at", type_=SIGNING_KEY.c.since.type)
        held_then = (SIGNING_KEY.c.since <= then) & or_(_NOW, SIGNING_KEY.c.until > then)
        rows = _KEYS.where(self._of_scope, _NOW if at is None else held_then)
        query = BoundSelect(rows, {} if at is None else {"at": at})
        scope = f"signing keys {self._scope} {at}"
        return page_by_id(self._session, query, request=request, scope=scope, build=lambda row: _known(_key(row), at))


def _known(key: TrustedKey, at: datetime | None) -> TrustedKey:
    """Return a key as it was known at a time: trust that was taken back later was open."""
    return key if at is None or key.until is None else replace(key, until=None, ended_by=None)


def _key(row: AnyRow) -> TrustedKey:
    return TrustedKey(
        id=row.id,
        scope=row.scope,
        name=row.name,
        material=KeyMaterial(KeyKind(row.kind), row.pem, row.fingerprint),
        identity=None if row.identity is None else IdentityPattern(row.identity),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        since=row.since,
        trusted_by=PrincipalId(row.trusted_by),
        until=row.until,
        ended_by=None if row.ended_by is None else PrincipalId(row.ended_by),
    )
