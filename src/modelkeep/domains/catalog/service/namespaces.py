"""Creates, describes and deletes namespaces."""

from contextlib import suppress
from dataclasses import dataclass

from modelkeep.domains.access import AccessService, Permission, Scope, end_bindings_in
from modelkeep.domains.catalog.domain.errors import NamespaceExistsError, NamespaceNotEmptyError
from modelkeep.domains.catalog.domain.fields import MAX_DESCRIPTION, check_text
from modelkeep.domains.catalog.domain.models import Namespace
from modelkeep.domains.catalog.domain.queries import ListQuery
from modelkeep.domains.catalog.repository import NamespaceRepository
from modelkeep.domains.catalog.service.guarded import Guarded
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
        namespace = Namespace(
            check_namespace(name), check_text("description", description, MAX_DESCRIPTION), self.clock(), actor.id
        )
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.NAMESPACE_WRITE, Scope.of_namespace(namespace.name))
            NamespaceRepository(tx).add(namespace)
            tx.record(namespace.created(actor))
        return Recorded(namespace, tx.receipt)

    def get(self, actor: Actor, name: str) -> Namespace:
        """Return a namespace."""
        with self.database.snapshot() as tx:
            return Guarded(tx, self.access, actor).namespace(Permission.MODEL_READ, name)

    def list(self, actor: Actor, query: ListQuery, page: PageRequest) -> Page[Namespace]:
        """Return one page of namespaces, by name."""
        with self.database.snapshot() as tx:
            return NamespaceRepository(tx).list(query, page, self.access.values(actor, Permission.MODEL_READ))

    def describe(self, actor: Actor, name: str, *, description: str, seen: int | None) -> Recorded[Namespace]:
        """Change the description of a namespace last seen at revision `seen`."""
        with self.database.transaction() as tx:
            namespaces = NamespaceRepository(tx)
            namespace = Guarded(tx, self.access, actor).namespace(Permission.NAMESPACE_WRITE, name, seen=seen)
            changed, event = namespace.describe(description, actor, self.clock())
            namespaces.save(changed)
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
            namespaces.remove(name)
            tx.record(namespace.deleted(actor, self.clock()))
        return Recorded(namespace, tx.receipt)

    def prepare(self, actor: Actor) -> None:
        """Create the namespace of bare names, if it is not there yet; several servers may do so at once."""
        default = Namespace(DEFAULT_NAMESPACE, "Models named without a namespace", self.clock(), actor.id)
        with suppress(NamespaceExistsError), self.database.transaction() as tx:
            NamespaceRepository(tx).add(default)
            tx.record(default.created(actor))
