"""Finds requests for an actor: what the actor may not see is not there."""

from dataclasses import dataclass

from modelkeep.domains.access import AccessService, Permission, Scope
from modelkeep.domains.catalog import ModelVersion, permitted_model, version_by_id
from modelkeep.domains.governance.domain.requests import PromotionRequest
from modelkeep.domains.governance.repository.promotion import RequestRepository, no_such_request
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class Door:
    """Lets an actor in to requests within one transaction."""

    tx: Transaction
    access: AccessService
    actor: Actor

    def request(self, request_id: str, *, lock: bool = False) -> tuple[PromotionRequest, ModelVersion]:
        """Return a request and its version; with `lock` nothing about the model changes until the transaction ends.

        Raises:
            RequestNotFoundError: there is none, or the actor may not see its model.
        """
        request = RequestRepository(self.tx).get(request_id)
        try:
            permitted_model(self.tx, self.access, self.actor, Permission.VERSION_READ, request.model, lock=lock)
        except RegistryError as error:
            raise no_such_request(request_id) if error.kind is Kind.NOT_FOUND else error from None
        if lock:
            request = RequestRepository(self.tx).get(request_id)
        return request, version_by_id(self.tx, request.version_id)

    def require(self, permission: Permission, model: ModelName, stage: str) -> None:
        """Refuse the actor what it may not do about a stage of a model that it sees.

        Raises:
            ForbiddenError: it may not.
        """
        if not self.may(permission, model, stage):
            raise self.access.refusal(self.actor, permission, Scope.of_model(model))

    def may(self, permission: Permission, model: ModelName, stage: str) -> bool:
        """Say whether the actor may do something about a stage of a model."""
        return self.access.allows(self.tx, self.actor, permission, Scope.of_model(model), stage=stage)
