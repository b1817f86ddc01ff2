"""Sets and tells what namespaces ask of `extra` in their cards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.audit import receipt_of
from modelkeep.domains.cards.domain.extra_schemas import ExtraSchema, check_seen, no_schema, revised
from modelkeep.domains.cards.repository import ExtraSchemaRepository
from modelkeep.domains.catalog import find_namespace, permitted_namespace
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class ExtraSchemaService:
    """Schemas of namespaces for `extra`."""

    database: Database
    access: AccessService
    clock: Clock

    def get(self, actor: Actor, namespace: str, *, as_of: datetime | None = None) -> ExtraSchema:
        """Return what a namespace asks of `extra`, now or at a time, and the audit entry that made it so.

        Raises:
            ExtraSchemaNotFoundError: it asks, or asked, nothing.
        """
        with self.database.snapshot() as tx:
            permitted_namespace(tx, self.access, actor, Permission.MODEL_READ, namespace)
            found = schema_in_force(tx, namespace, as_of)
            if found is None:
                raise no_schema(namespace)
            return found.with_entry(receipt_of(tx, namespace, found.since))

    def set(
        self, actor: Actor, namespace: str, schema: Mapping[str, Json], *, seen: int | None
    ) -> Recorded[ExtraSchema]:
        """Ask this of `extra` in each card that is changed from now on; the same again changes nothing.

        `seen` is the revision that the change is based on, 0 where nothing was asked, None whatever there is.

        Raises:
            InvalidExtraSchemaError: it is no schema, too large, or refers to what is elsewhere.
            StaleRevisionError: somebody has changed it.
        """
        return self._change(actor, namespace, schema, seen)

    def remove(self, actor: Actor, namespace: str, *, seen: int | None) -> Recorded[ExtraSchema]:
        """Ask nothing of `extra` any more.

        Raises:
            ExtraSchemaNotFoundError: nothing was asked.
            StaleRevisionError: somebody has changed it.
        """
        return self._change(actor, namespace, None, seen)

    def _change(
        self, actor: Actor, namespace: str, schema: Mapping[str, Json] | None, seen: int | None
    ) -> Recorded[ExtraSchema]:
        with self.database.transaction() as tx:
            permitted_namespace(tx, self.access, actor, Permission.NAMESPACE_WRITE, namespace)
            schemas, current = ExtraSchemaRepository(tx), schema_in_force(tx, namespace)
            check_seen(namespace, current, seen)
            if schema is None and current is None:
                raise no_schema(namespace)
            made = revised(namespace, schemas.find(namespace), schema, actor, self.clock())
            if current is not None and current.digest == made.digest:
                return Recorded(current, None)
            schemas.add(made)
            tx.record(made.event(actor, current))
        return Recorded(made, tx.receipt)


def schema_in_force(tx: Transaction, namespace: str, at: datetime | None = None) -> ExtraSchema | None:
    """Return what a namespace asks of `extra`, now or at a time; None for nothing."""
    found = ExtraSchemaRepository(tx).find(namespace, at)
    if found is None or found.schema is None:
        return None
    holder = find_namespace(tx, namespace)
    return found if holder is not None and holder.created_at <= found.since else None
