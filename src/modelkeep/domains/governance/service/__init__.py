"""Use cases of governance."""

from modelkeep.domains.governance.service.offered import GovernanceServices
from modelkeep.domains.governance.service.planning import PlanningService
from modelkeep.domains.governance.service.policies import PolicyService
from modelkeep.domains.governance.service.policy_texts import SHIPPED, Linted
from modelkeep.domains.governance.service.promotion import (
    Asked,
    Ballot,
    Lookout,
    PromotionService,
    Situation,
    VotingService,
)

__all__ = [
    "SHIPPED",
    "Asked",
    "Ballot",
    "GovernanceServices",
    "Linted",
    "Lookout",
    "PlanningService",
    "PolicyService",
    "PromotionService",
    "Situation",
    "VotingService",
]
