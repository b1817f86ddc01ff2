"""Requests for promotion and what belongs to them, in the database."""

from modelkeep.domains.governance.repository.promotion.comments import CommentRepository
from modelkeep.domains.governance.repository.promotion.delegations import DelegationRepository
from modelkeep.domains.governance.repository.promotion.holdings import HoldingRepository
from modelkeep.domains.governance.repository.promotion.inbox import list_inbox
from modelkeep.domains.governance.repository.promotion.progress import ProgressRepository
from modelkeep.domains.governance.repository.promotion.requests import RequestRepository, no_such_request
from modelkeep.domains.governance.repository.promotion.reviews import ReviewRepository
from modelkeep.domains.governance.repository.promotion.votes import VoteRepository
from modelkeep.domains.governance.repository.promotion.withdrawn import WithdrawnDataRepository

__all__ = [
    "CommentRepository",
    "DelegationRepository",
    "HoldingRepository",
    "ProgressRepository",
    "RequestRepository",
    "ReviewRepository",
    "VoteRepository",
    "WithdrawnDataRepository",
    "list_inbox",
    "no_such_request",
]
