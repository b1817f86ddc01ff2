"""Signatures of versions within one transaction."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, insert, select

from modelkeep.domains.governance.domain.signatures import Signature
from modelkeep.domains.governance.tables.signatures import SIGNATURE
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.model_signing import MODEL_SIGNATURE
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.lists import BoundSelect, page_by_id

_SIGNATURES: Final = select(*SIGNATURE.c)


class SignatureRepository:
    """Signatures of one version."""

    def __init__(self, tx: Transaction, version_id: str) -> None:
        """Work with the transaction's session."""
        self._session, self._version = tx.session, version_id
        self._rows = _SIGNATURES.where(SIGNATURE.c.version_id == version_id)

    def add(self, signature: Signature) -> None:
        """Store a signature."""
        values = {
            "id": signature.id,
            "version_id": signature.version_id,
            "digest": str(signature.digest),
            "predicate_type": signature.predicate_type,
            "bundle": signature.bundle,
            "added_at": signature.added_at,
            "added_by": signature.added_by,
        }
        self._session.execute(insert(SIGNATURE), values)

    def find(self, identity: str) -> Signature | None:
        """Return a signature by its id."""
        row = self._session.execute(self._rows.where(SIGNATURE.c.id == identity)).one_or_none()
        return None if row is None else _signature(row)

    def find_bundle(self, digest: Digest) -> Signature | None:
        """Return a signature by the digest of its bundle."""
        row = self._session.execute(self._rows.where(SIGNATURE.c.digest == str(digest))).one_or_none()
        return None if row is None else _signature(row)

    def count_over_files(self) -> int:
        """Return how many there are over the files of the version."""
        ours = (SIGNATURE.c.version_id == self._version, SIGNATURE.c.predicate_type == MODEL_SIGNATURE)
        query = select(func.count()).select_from(SIGNATURE).where(*ours)
        number: int = self._session.execute(query).scalar_one()
        return number

    def all(self) -> Sequence[Signature]:
        """Return all of them, the oldest first."""
        return tuple(map(_signature, self._session.execute(self._rows.order_by(SIGNATURE.c.id))))

    def list(self, request: PageRequest) -> Page[Signature]:
        """Return one page of them, the newest first."""
        scope = f"signatures {self._version}"
        return page_by_id(self._session, BoundSelect(self._rows, {}), request=request, scope=scope, build=_signature)


def _signature(row: AnyRow) -> Signature:
    return Signature(
        id=row.id,
        version_id=row.version_id,
        digest=Digest.parse(row.digest),
        predicate_type=row.predicate_type,
        bundle=row.bundle,
        added_at=row.added_at,
        added_by=PrincipalId(row.added_by),
    )
