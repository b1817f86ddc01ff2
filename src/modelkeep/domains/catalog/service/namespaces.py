"""Creates, describes and deletes namespaces."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import AccessService, Permission, Scope, end_bindings_in
from modelkeep.domains.catalog.domain.errors import NamespaceExistsError, NamespaceNotEmptyError
from modelkeep.domains.catalog.domain.fields import MAX_DESCRIPTION, check_text
from modelkeep.domains.catalog.domain.models import Namespace
from modelkeep.domains.catalog.domain.moments import Change, moment_after
from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.operations.guarded import Guarded
from modelkeep.domains.catalog.repository import NamespaceRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import DEFAULT_NAMESPACE, check_namespace
from modelkeep.platform.database import Database

SHOWN_BLOCKERS = 10


@dataclass(frozen=True, slots=True)
class NamespaceService:
    """Namespaces: the groups models live in."""

    database: Database
    access: AccessService
    clock: Clock

    def create(self, actor: Actor, name: str, *, description: str) -> Recorded[Namespace]:
        """Create a namespace.

        Raises:
            InvalidReferenceError: the name breaks the grammar.
            NamespaceExistsError: it is there already.
        """
        check_namespace(name)
        check_text("description", description, MAX_DESCRIPTION)
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.NAMESPACE_WRITE, Scope.of_namespace(name))
            namespaces = NamespaceRepository(tx)
            at = moment_after(namespaces.last_change(name), self.clock())
            namespace = Namespace(name, description, at, actor.id)
            namespaces.add(namespace)
            tx.record(namespace.created(actor))
        return Recorded(namespace, tx.receipt)

    def get(self, actor: Actor, name: str, *, as_of: datetime | None = None) -> Namespace:
        """Return a namespace, now or as it was at a time."""
        with self.database.snapshot() as tx:
            guarded = Guarded(tx, self.access, actor)
            if as_of is not None:
                return guarded.namespace_at(name, as_of)
            return guarded.namespace(Permission.MODEL_READ, name)

    def list(self, actor: Actor, query: ListQuery, page: PageRequest) -> Page[Namespace]:
        """Return one page of namespaces, by name, now or at the query's `as_of`."""
        with self.database.snapshot() as tx:
            return NamespaceRepository(tx).list(query, page, self.access.values(actor, Permission.MODEL_READ))

    def describe(self, actor: Actor, name: str, *, description: str, seen: int | None) -> Recorded[Namespace]:
        """Change the description of a namespace last seen at revision `seen`."""
        with self.database.transaction() as tx:
            namespaces = NamespaceRepository(tx)
            namespace = Guarded(tx, self.access, actor).namespace(Permission.NAMESPACE_WRITE, name, seen=seen)
            at = moment_after(namespaces.last_change(name), self.clock())
            changed, event = namespace.describe(description, actor, at)
            namespaces.save(changed, Change(at, actor.id))
            tx.record(event)
        return Recorded(changed, tx.receipt)

    def delete(self, actor: Actor, name: str, *, seen: int | None) -> Recorded[Namespace]:
        """Delete a namespace without models, and end the bindings on it.

        Raises:
            NamespaceNotEmptyError: models are in it, if only deleted ones; the details list some.
        """
        with self.database.transaction() as tx:
            namespaces = NamespaceRepository(tx)
            namespace = Guarded(tx, self.access, actor).namespace(Permission.NAMESPACE_DELETE, name, seen=seen)
            blockers = namespaces.models_in(name, SHOWN_BLOCKERS)
            if blockers:
                raise NamespaceNotEmptyError(
                    f"namespace {name} still has models, deleted ones included: {', '.join(blockers)}",
                    models=list(blockers),
                )
            end_bindings_in(tx, actor, name, self.clock)
            at = moment_after(namespaces.last_change(name), self.clock())
            namespaces.remove(name, Change(at, actor.id))
            tx.record(namespace.deleted(actor, at))
        return Recorded(namespace, tx.receipt)

    def prepare(self, actor: Actor) -> None:
        """Create the namespace of bare names, if it is not there yet; several servers may do so at once."""
        with suppress(NamespaceExistsError), self.database.transaction() as tx:
            namespaces = NamespaceRepository(tx)
            at = moment_after(namespaces.last_change(DEFAULT_NAMESPACE), self.clock())
            default = Namespace(DEFAULT_NAMESPACE, "Models named without a namespace", at, actor.id)
            namespaces.add(default)
            tx.record(default.created(actor))
