"""Which promotion a version holds its stage by, and whether the approvals of it are for what the version is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from modelkeep.domains.governance.domain.policies import Chain, Move, Policy
from modelkeep.domains.governance.domain.requests import Manner, PromotionRequest
from modelkeep.domains.governance.domain.votes import Decision, Vote
from modelkeep.kernel.references import ModelName

ARCHIVED: Final = "Archived"
"""The stage that nothing is used from, in every policy that has it."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A version that holds a stage by a promotion; `request_id` is the one whose approvals count for it now.

    `lapsed_at` is since when they do not, `review_at` when they are to be looked at again, whatever happens; `asked_at`
    is when a renewal of them was last asked for.
    """

    version_id: str
    model: ModelName
    stage: str
    request_id: str
    lapsed_at: datetime | None = None
    review_at: datetime | None = None
    asked_at: datetime | None = None

    def lacks_renewal(self, now: datetime) -> bool:
        """Say whether its approvals have lapsed, or their review is due."""
        return self.lapsed_at is not None or (self.review_at is not None and self.review_at <= now)

    def to_be_asked(self, now: datetime) -> bool:
        """Say whether a renewal is to be asked for that nobody has asked for: each lapse and each date asks once."""
        since = (at for at in (self.lapsed_at, self.review_at) if at is not None and at <= now)
        return any(self.asked_at is None or self.asked_at < at for at in since)


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """A version that holds a stage, the promotion or renewal that it does so by, and the open renewal, if there is."""

    holding: Holding
    promotion: PromotionRequest
    renewal_id: str | None


@dataclass(frozen=True, slots=True)
class LiveQuery:
    """Which versions that hold a stage are asked for; None for all.

    `trained_on` is the URI or digest of data. With `lacking` only those whose approvals have lapsed, or are to be
    looked at again.
    """

    model: ModelName | None = None
    stage: str | None = None
    trained_on: str | None = None
    lacking: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """By whose approvals a version held its stage, at a time; `request` is None if nobody was asked.

    `votes` are those that counted then, `lapsed_at` is since when some did not. `holding` is of now only.
    """

    stage: str
    request: PromotionRequest | None
    votes: tuple[Vote, ...] = ()
    lapsed_at: datetime | None = None
    holding: Holding | None = None


def approval_at(
    stage: str, request: PromotionRequest | None, votes: Sequence[Vote], holding: Holding | None, at: datetime
) -> Approval:
    """Return by whose approvals a version held a stage at a time; `votes` are all on the request that it held it by."""
    if request is None or request.closed_at is None:
        return Approval(stage, request)
    made = request.closed_at
    counted = tuple(
        vote
        for vote in votes
        if vote.decision is Decision.APPROVE
        and vote.cast_at <= made
        and (vote.ended_at is None or vote.ended_at > max(made, at))
    )
    ended = [vote.ended_at for vote in lapses(request, votes) if vote.ended_at is not None and vote.ended_at <= at]
    lapsed_at = min(ended, default=None) if holding is None else holding.lapsed_at
    return Approval(stage, request, counted, lapsed_at, holding)


def renewing_move(policy: Policy, source: str, stage: str) -> Move | None:
    """Return the move whose approvals and gates the holder of a stage must meet that came from `source`.

    Where the policy knows no such move, as after an emergency, it is the one to that stage that asks most people. None
    if nobody is to approve what holds the stage: nobody is asked to, or nothing is used that is there.
    """
    if stage in (policy.stages[0].name, ARCHIVED):
        return None
    ways = [move for move in policy.moves if move.target == stage]
    way = policy.move(source, stage) or max(ways, key=_approvals, default=None)
    return way if way is not None and way.chain.steps else None


def same_people(then: Chain, now: Chain) -> bool:
    """Say whether two chains ask the same people: how long they may take, and whom else, makes no difference."""
    asked, asking = ([(step.role, step.approvals) for step in chain.steps] for chain in (then, now))
    if then.ordered and now.ordered:
        return asked == asking
    return (then.ordered or not now.ordered) and sorted(asked) == sorted(asking)


def lapses(promotion: PromotionRequest, votes: Sequence[Vote]) -> tuple[Vote, ...]:
    """Return the approvals of a promotion that have lapsed since it was made; `votes` are all votes on it."""
    made = promotion.closed_at
    return tuple(
        vote
        for vote in votes
        if vote.decision is Decision.APPROVE and made is not None and vote.ended_at is not None and vote.ended_at > made
    )


def review_due(promotion: PromotionRequest, policy: Policy) -> datetime | None:
    """Return when the approvals of a promotion are to be looked at again by a policy; None for never."""
    cadence, made = policy.review_every.get(promotion.target), promotion.closed_at
    return made + cadence if made is not None and cadence is not None and was_approved(promotion) else None


def was_approved(promotion: PromotionRequest) -> bool:
    """Say whether a version came to its stage, or stays there, as its policy says."""
    return promotion.manner in (Manner.APPROVED, Manner.AUTOMATIC, Manner.RENEWED)


def reason_to_renew(promotion: PromotionRequest, votes: Sequence[Vote], holding: Holding) -> str:
    """Return why people are asked again, for them."""
    if holding.lapsed_at is None:
        return "periodic review"
    gone = lapses(promotion, votes)
    changed = dict.fromkeys(difference.says for vote in gone for difference in vote.differences)
    if changed:
        return f"since it was approved there has changed: {', '.join(changed)}"
    if gone:
        return "the term of an approval is over"
    if was_approved(promotion):
        return "the policy asks for other approvals"
    return "nobody's approval brought it there"


def _approvals(move: Move) -> int:
    return sum(step.approvals for step in move.chain.steps)
