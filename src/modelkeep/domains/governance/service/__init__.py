"""Use cases of governance."""

from modelkeep.domains.governance.service.offered import GovernanceServices
from modelkeep.domains.governance.service.planning import LintedAgainst, PlanningService
from modelkeep.domains.governance.service.policies import PolicyService
from modelkeep.domains.governance.service.policy_texts import SHIPPED
from modelkeep.domains.governance.service.promotion import (
    ApprovalService,
    Asked,
    Ballot,
    DataService,
    DelegationService,
    EmergencyService,
    Goal,
    InboxService,
    Lookout,
    NewComment,
    NewDelegation,
    PromotionService,
    Renewals,
    ReviewService,
    RollbackPlan,
    RollbackService,
    Situation,
    Upkeep,
    VotingService,
    WithdrawnData,
)

__all__ = [
    "SHIPPED",
    "ApprovalService",
    "Asked",
    "Ballot",
    "DataService",
    "DelegationService",
    "EmergencyService",
    "Goal",
    "GovernanceServices",
    "InboxService",
    "LintedAgainst",
    "Lookout",
    "NewComment",
    "NewDelegation",
    "PlanningService",
    "PolicyService",
    "PromotionService",
    "Renewals",
    "ReviewService",
    "RollbackPlan",
    "RollbackService",
    "Situation",
    "Upkeep",
    "VotingService",
    "WithdrawnData",
]
