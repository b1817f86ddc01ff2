"""What the domain offers to facades."""

from dataclasses import dataclass

from modelkeep.domains.governance.service.gates import GateServices
from modelkeep.domains.governance.service.planning import PlanningService
from modelkeep.domains.governance.service.policies import PolicyService
from modelkeep.domains.governance.service.promotion import (
    ApprovalService,
    DataService,
    DelegationService,
    EmergencyService,
    InboxService,
    PromotionService,
    ReviewService,
    RollbackService,
    VotingService,
)


@dataclass(frozen=True, slots=True)
class GovernanceServices:
    """Policies, and what goes by them."""

    policies: PolicyService
    promotions: PromotionService
    votes: VotingService
    planning: PlanningService
    inbox: InboxService
    reviews: ReviewService
    delegations: DelegationService
    emergencies: EmergencyService
    rollbacks: RollbackService
    data: DataService
    approvals: ApprovalService
    gates: GateServices
