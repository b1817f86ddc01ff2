"""Use cases of promotion."""

from modelkeep.domains.governance.service.promotion.approvals import ApprovalService
from modelkeep.domains.governance.service.promotion.delegating import DelegationService, NewDelegation
from modelkeep.domains.governance.service.promotion.emergencies import EmergencyService
from modelkeep.domains.governance.service.promotion.inbox import InboxService
from modelkeep.domains.governance.service.promotion.making import Asked
from modelkeep.domains.governance.service.promotion.renewals import Renewals
from modelkeep.domains.governance.service.promotion.requests import PromotionService
from modelkeep.domains.governance.service.promotion.reviewing import NewComment, ReviewService
from modelkeep.domains.governance.service.promotion.rolling_back import Goal, RollbackPlan, RollbackService
from modelkeep.domains.governance.service.promotion.situations import Lookout, Situation
from modelkeep.domains.governance.service.promotion.upkeep import Upkeep
from modelkeep.domains.governance.service.promotion.voting import Ballot, VotingService
from modelkeep.domains.governance.service.promotion.withdrawing_data import DataService, WithdrawnData

__all__ = [
    "ApprovalService",
    "Asked",
    "Ballot",
    "DataService",
    "DelegationService",
    "EmergencyService",
    "Goal",
    "InboxService",
    "Lookout",
    "NewComment",
    "NewDelegation",
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
