"""Versions of policies within one transaction."""

import json
from threading import Lock
from typing import Final

from cachetools import LRUCache
from sqlalchemy import bindparam, func, insert, select

from modelkeep.domains.governance.domain.assignments import PublishedPolicy, no_such_policy
from modelkeep.domains.governance.domain.policies import Policy
from modelkeep.domains.governance.domain.policy_documents import read_policy
from modelkeep.domains.governance.tables.policies import POLICY
from modelkeep.kernel.canonical_json import canonical_json
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.criteria import Column
from modelkeep.platform.database.lists import OrderKey, fetch_page

_NAME: Final[Column] = bindparam("name")
_NUMBER: Final[Column] = bindparam("number")
_LATEST: Final = select(func.max(POLICY.c.number)).where(POLICY.c.name == _NAME).scalar_subquery()
_VERSION: Final = select(*POLICY.c).where(POLICY.c.name == _NAME, POLICY.c.number == _NUMBER)
_NEWEST: Final = select(*POLICY.c).where(POLICY.c.name == _NAME, POLICY.c.number == _LATEST)
_SAME: Final = select(*POLICY.c).where(POLICY.c.name == _NAME, POLICY.c.digest == bindparam("digest"))
_DOCUMENT: Final = select(POLICY.c.document).where(POLICY.c.name == _NAME, POLICY.c.number == _NUMBER)
_LATER = POLICY.alias()

_read: "LRUCache[tuple[str, int, str], Policy]" = LRUCache(maxsize=1_000)
_reading = Lock()


class PolicyRepository:
    """Versions of policies within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def add(self, published: PublishedPolicy) -> None:
        """Store a new version; another transaction that has stored one of the same number makes this one fail."""
        policy = published.policy
        values = {
            "name": policy.name,
            "number": policy.number,
            "digest": str(policy.digest),
            "document": canonical_json(published.document).decode(),
            "source": published.source,
            "published_at": published.published_at,
            "published_by": published.published_by,
        }
        self._session.execute(insert(POLICY), values)

    def find(self, name: str, number: int | None = None) -> PublishedPolicy | None:
        """Return a version of a policy, by default the newest; or None."""
        query = _NEWEST if number is None else _VERSION
        row = self._session.execute(query, {"name": name, "number": number}).one_or_none()
        return None if row is None else _published(row)

    def get(self, name: str, number: int | None = None) -> PublishedPolicy:
        """Return a version of a policy, by default the newest.

        Raises:
            PolicyNotFoundError: there is none.
        """
        found = self.find(name, number)
        if found is None:
            raise no_such_policy(name, number)
        return found

    def find_same(self, name: str, digest: Digest) -> PublishedPolicy | None:
        """Return the version of a policy with this very document, or None."""
        row = self._session.execute(_SAME, {"name": name, "digest": str(digest)}).one_or_none()
        return None if row is None else _published(row)

    def last_number(self, name: str) -> int:
        """Return the number of the newest version of a policy; 0 if there is none."""
        return self._session.execute(select(_LATEST), {"name": name}).scalar() or 0

    def read(self, name: str, number: int, digest: Digest) -> Policy:
        """Return a version that is known to be there: a version never changes, so it is read once."""
        key = (name, number, str(digest))
        with _reading:
            known = _read.get(key)
        if known is not None:
            return known
        document = self._session.execute(_DOCUMENT, {"name": name, "number": number}).scalar_one()
        policy = read_policy(json.loads(document), number, digest)
        with _reading:
            _read[key] = policy
        return policy

    def list(self, request: PageRequest) -> Page[PublishedPolicy]:
        """Return one page of the newest versions of all policies, by name."""
        newest = select(func.max(_LATER.c.number)).where(_LATER.c.name == POLICY.c.name).scalar_subquery()
        return fetch_page(
            self._session,
            select(*POLICY.c, POLICY.c.name.label("place"), POLICY.c.name.label("identity")).where(
                POLICY.c.number == newest
            ),
            request=request,
            scope="policies",
            order=(OrderKey(POLICY.c.name, str), POLICY.c.name, False),
            build=_published,
        )

    def history(self, name: str, request: PageRequest) -> Page[PublishedPolicy]:
        """Return one page of the versions of a policy, the newest first."""
        number = POLICY.c.number
        return fetch_page(
            self._session,
            select(*POLICY.c, number.label("place"), POLICY.c.name.label("identity")).where(POLICY.c.name == name),
            request=request,
            scope=f"policy {name}",
            order=(OrderKey(number, int), POLICY.c.name, True),
            build=_published,
        )


def _published(row: AnyRow) -> PublishedPolicy:
    document = json.loads(row.document)
    policy = read_policy(document, row.number, Digest.parse(row.digest))
    return PublishedPolicy(policy, document, row.source, row.published_at, PrincipalId(row.published_by))
