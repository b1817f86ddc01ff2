"""Use cases of promotion."""

from modelkeep.domains.governance.service.promotion.requests import Asked, PromotionService
from modelkeep.domains.governance.service.promotion.situations import Lookout, Situation
from modelkeep.domains.governance.service.promotion.voting import Ballot, VotingService

__all__ = ["Asked", "Ballot", "Lookout", "PromotionService", "Situation", "VotingService"]
