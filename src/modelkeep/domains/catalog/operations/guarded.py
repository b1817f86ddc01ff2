"""The catalog as one actor may enter it: nothing is read or changed before the actor's right to it is known."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import AccessService, Permission, Scope
from modelkeep.domains.catalog.domain.errors import no_such_model, no_such_namespace, no_such_version
from modelkeep.domains.catalog.domain.models import Model, Namespace
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.repository import ModelRepository, NamespaceRepository, VersionRepository
from modelkeep.domains.catalog.repository.past import find_model_at
from modelkeep.domains.catalog.repository.permits import permits_on_model, sees_namespace, sees_past_namespace
from modelkeep.domains.catalog.repository.versions import refuse_peer
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import ModelName, Reference, Selector
from modelkeep.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class Guarded:
    """Finds things for an actor within one transaction.

    What the actor may not see is not there, in the very words of what does not exist; what it sees and may not do is
    forbidden.
    """

    tx: Transaction
    access: AccessService
    actor: Actor

    def model(
        self,
        permission: Permission,
        name: ModelName,
        *,
        seen: int | None = None,
        lock: bool = False,
        deleted: bool = False,
    ) -> Model:
        """Return a model on which the actor may; see `ModelRepository.get`."""
        self._enter(permission, name, lambda: no_such_model(name))
        return ModelRepository(self.tx).get(name, seen=seen, lock=lock, deleted=deleted)

    def model_at(self, permission: Permission, name: ModelName, at: datetime | None) -> Model:
        """Return a model on which the actor may now, as it was at a time, or for None as it is."""
        if at is None:
            return self.model(permission, name)
        self._enter(permission, name, lambda: no_such_model(name))
        return find_model_at(self.tx, name, at)

    def version(
        self,
        permission: Permission,
        model: ModelName,
        selector: Selector | None,
        *,
        seen: int | None = None,
        deleted: bool = False,
    ) -> ModelVersion:
        """Return a version on which the actor may; see `VersionRepository.get`."""
        reference = Reference(None, model.namespace, model.name, selector, None)
        self._enter(permission, model, lambda: no_such_version(reference, deleted=deleted))
        return VersionRepository(self.tx).get(model, selector, seen=seen, deleted=deleted)

    def resolve(self, permission: Permission, reference: Reference) -> ModelVersion:
        """Return the version that a reference means, now or at its `as_of`; rights are those of now."""
        refuse_peer(reference)
        self._enter(permission, reference.model_name, lambda: no_such_version(reference))
        return VersionRepository(self.tx).resolve(reference)

    def namespace(self, permission: Permission, name: str, *, seen: int | None = None) -> Namespace:
        """Return a namespace on which the actor may."""
        if not sees_namespace(self.tx, name, self.access.values(self.actor, Permission.MODEL_READ)):
            raise no_such_namespace(name)
        if permission is not Permission.MODEL_READ:
            self.access.require(self.tx, self.actor, permission, Scope.of_namespace(name))
        return NamespaceRepository(self.tx).get(name, seen=seen)

    def namespace_at(self, name: str, at: datetime) -> Namespace:
        """Return a namespace that the actor may see now, as it was at a time."""
        if not sees_past_namespace(self.tx, name, self.access.values(self.actor, Permission.MODEL_READ)):
            raise no_such_namespace(name)
        return NamespaceRepository(self.tx).get_at(name, at)

    def home_of(self, permission: Permission, name: ModelName) -> Namespace:
        """Return the namespace of a model that the actor may make in it."""
        if not self.access.allows(self.tx, self.actor, permission, Scope.of_model(name)):
            self.namespace(Permission.MODEL_READ, name.namespace)
            raise self.access.refusal(self.actor, permission, Scope.of_model(name))
        return NamespaceRepository(self.tx).get(name.namespace)

    def _enter(self, permission: Permission, name: ModelName, absent: Callable[[], RegistryError]) -> None:
        if permits_on_model(self.tx, name, self.access.values(self.actor, permission)):
            return
        if permits_on_model(self.tx, name, self.access.values(self.actor, Permission.MODEL_READ)):
            raise self.access.refusal(self.actor, permission, Scope.of_model(name))
        raise absent()
