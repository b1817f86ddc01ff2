"""What waits for somebody."""

from dataclasses import dataclass
from enum import IntEnum

from modelkeep.domains.governance.domain.requests import PromotionRequest
from modelkeep.domains.governance.domain.reviews import Review
from modelkeep.domains.governance.domain.votes import Vote


class Waiting(IntEnum):
    """What somebody is to do about a request, the most urgent first."""

    VOTE_AGAIN = 0
    REVIEW_OVERDUE = 1
    VOTE = 2
    REVIEW = 3
    NOT_RENEWED = 4
    MINE = 5
    NOTHING = 9


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A request that waits for somebody; with the vote of theirs that lapsed last, and the review that is due.

    For a renewal the vote may be one on what it renews.
    """

    waiting: Waiting
    request: PromotionRequest
    lapsed: Vote | None = None
    review: Review | None = None
