"""What namespaces ask of `extra`, within one transaction."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, insert, null, select

from modelkeep.domains.cards.domain.extra_schemas import ExtraSchema
from modelkeep.domains.cards.tables import EXTRA_SCHEMA
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import Transaction, UtcDateTime

_OF_NAMESPACE: Final = select(*EXTRA_SCHEMA.c).where(EXTRA_SCHEMA.c.namespace == bindparam("name"))
_AT: Final = EXTRA_SCHEMA.c.since <= bindparam("at", type_=UtcDateTime)
_NEWEST: Final = _OF_NAMESPACE.order_by(EXTRA_SCHEMA.c.revision.desc()).limit(1)
_NEWEST_AT: Final = _OF_NAMESPACE.where(_AT).order_by(EXTRA_SCHEMA.c.revision.desc()).limit(1)
_ADD: Final = insert(EXTRA_SCHEMA)


class ExtraSchemaRepository:
    """Revisions of the schemas of namespaces; who makes a namespace anew goes on counting, and begins with none."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def find(self, namespace: str, at: datetime | None = None) -> ExtraSchema | None:
        """Return the newest revision, or the one at a time, of whoever had this name last."""
        query = _NEWEST if at is None else _NEWEST_AT
        row = self._session.execute(query, {"name": namespace, "at": at}).one_or_none()
        if row is None:
            return None
        digest = None if row.digest is None else Digest.parse(row.digest)
        return ExtraSchema(row.namespace, row.revision, row.document, digest, row.since, PrincipalId(row.set_by))

    def add(self, schema: ExtraSchema) -> None:
        """Store a new revision."""
        values = {
            "namespace": schema.namespace,
            "revision": schema.revision,
            "document": null() if schema.schema is None else dict(schema.schema),
            "digest": None if schema.digest is None else str(schema.digest),
            "since": schema.since,
            "set_by": schema.set_by,
        }
        self._session.execute(_ADD.values(values))
