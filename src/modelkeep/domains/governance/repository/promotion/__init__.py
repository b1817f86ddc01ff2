"""Requests for promotion and what belongs to them, in the database."""

from modelkeep.domains.governance.repository.promotion.requests import RequestRepository, no_such_request
from modelkeep.domains.governance.repository.promotion.votes import VoteRepository
from modelkeep.domains.governance.repository.promotion.withdrawn import WithdrawnDataRepository

__all__ = ["RequestRepository", "VoteRepository", "WithdrawnDataRepository", "no_such_request"]
