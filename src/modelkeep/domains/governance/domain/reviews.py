"""Reviews that follow what could not wait for approvals: an emergency, a rollback."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from modelkeep.domains.governance.domain.policies import Policy
from modelkeep.domains.governance.domain.requests import PromotionRequest, some_text
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId


class ReviewNotFoundError(RegistryError):
    """There is no such review, or the actor may not see its model."""

    kind = Kind.NOT_FOUND
    code = "governance.review_not_found"


class ReviewVerdict(StrEnum):
    """What a review comes to."""

    ACCEPTED = "accepted"
    OBJECTED = "objected"


def reviewers(policy: Policy, stage: str) -> tuple[str, ...]:
    """Return the roles that look at a promotion to a stage after the fact: those that its chains ask, else admin."""
    asked = [step.role for move in policy.moves if move.target == stage for step in move.chain.steps]
    return tuple(dict.fromkeys(asked)) or ("admin",)


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody else is to look at a promotion after the fact, by a time; `request` is the promotion."""

    request: PromotionRequest
    due_at: datetime
    closed_at: datetime | None = None
    closed_by: PrincipalId | None = None
    verdict: ReviewVerdict | None = None
    comment: str = ""

    def close(self, verdict: ReviewVerdict, comment: str, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Finish it."""
        closed = replace(self, closed_at=at, closed_by=by.id, verdict=verdict, comment=comment)
        data = {"verdict": verdict.value, "due_at": timestamp(self.due_at)}
        texts = some_text("comment", comment)
        return closed, self.request.happened("governance.promotion_reviewed", by, at, data, texts=texts)
