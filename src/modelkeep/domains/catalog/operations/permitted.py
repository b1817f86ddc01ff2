"""Models and versions for use cases of other domains, which act on them in a transaction of their own."""

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.catalog.domain.models import Model, Namespace
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.operations.guarded import Guarded
from modelkeep.domains.catalog.repository import NamespaceRepository, VersionRepository
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import ModelName, Reference
from modelkeep.platform.database import Transaction


def find_namespace(tx: Transaction, name: str) -> Namespace | None:
    """Return a namespace, None if there is none; for who has found out already that somebody may know."""
    return NamespaceRepository(tx).find(name)


def permitted_namespace(
    tx: Transaction, access: AccessService, actor: Actor, permission: Permission, name: str
) -> Namespace:
    """Return a namespace on which the actor may.

    Raises:
        NamespaceNotFoundError: there is none, or the actor may not see it.
        ForbiddenError: the actor sees it, and may not do this.
    """
    return Guarded(tx, access, actor).namespace(permission, name)


def permitted_model(
    tx: Transaction,
    access: AccessService,
    actor: Actor,
    permission: Permission,
    name: ModelName,
    *,
    lock: bool = False,
) -> Model:
    """Return a model on which the actor may.

    With `lock` it is locked until the transaction ends: no other change of it or its versions comes between.

    Raises:
        ModelNotFoundError: there is none, or the actor may not see it.
        ForbiddenError: the actor sees it, and may not do this.
    """
    return Guarded(tx, access, actor).model(permission, name, lock=lock)


def permitted_version(
    tx: Transaction,
    access: AccessService,
    actor: Actor,
    permission: Permission,
    reference: Reference,
    *,
    lock: bool = False,
) -> ModelVersion:
    """Return the version that a reference means now, or at its `as_of`, and on which the actor may; rights are of now.

    With `lock` its model is locked until the transaction ends: no other change of it or its versions comes between.

    Raises:
        ModelNotFoundError, VersionNotFoundError: nothing answers to the reference, or the actor may not see it.
        ForbiddenError: the actor sees it, and may not do this.
    """
    guarded = Guarded(tx, access, actor)
    if not lock:
        return guarded.resolve(permission, reference)
    guarded.model(permission, reference.model_name, lock=True)
    return VersionRepository(tx).resolve(reference)
