"""Says by whose approvals versions hold their stages, now and at any time before."""

from dataclasses import dataclass

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.catalog import ModelVersion, permitted_model, permitted_version
from modelkeep.domains.governance.domain.holdings import Approval, LiveQuery, LiveVersion, approval_at
from modelkeep.domains.governance.repository.promotion import HoldingRepository, RequestRepository, VoteRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import Database


@dataclass(frozen=True, slots=True)
class ApprovalService:
    """Who approved what is used."""

    database: Database
    access: AccessService
    clock: Clock

    def of_version(self, actor: Actor, reference: Reference) -> tuple[ModelVersion, Approval]:
        """Return a version, and who had approved that it hold its stage, now or at the reference's `as_of`.

        Raises:
            VersionNotFoundError: nothing answered to the reference then.
        """
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            at = reference.as_of or self.clock()
            request = RequestRepository(tx).standing(version.id, version.stage, at)
            votes = () if request is None else VoteRepository(tx).all([request.id])
            holding = HoldingRepository(tx).find(version.id) if reference.as_of is None else None
        return version, approval_at(version.stage, request, votes, holding, at)

    def live(self, actor: Actor, query: LiveQuery, page: PageRequest) -> Page[LiveVersion]:
        """Return one page of the versions that hold a stage by a promotion, of models that the actor may see.

        Raises:
            ModelNotFoundError: the query names a model that is not there, or that the actor may not see.
        """
        with self.database.snapshot() as tx:
            if query.model is not None:
                permitted_model(tx, self.access, actor, Permission.VERSION_READ, query.model)
            values = self.access.values(actor, Permission.VERSION_READ)
            return HoldingRepository(tx).list(query, self.clock(), page, values)
