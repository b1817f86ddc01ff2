"""Requests for promotion, votes and clauses on the wire."""

from datetime import datetime
from typing import Any, Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.governance import (
    Approval,
    Asked,
    Ballot,
    Clause,
    Conditions,
    Decision,
    Lapse,
    LiveVersion,
    Manner,
    PromotionRequest,
    RequestStatus,
    Situation,
    Vote,
)
from modelkeep.kernel.events import Receipt


class PromotionIn(In):
    """Where a version is to go, and why."""

    stage: str = Field(examples=["Production"])
    reason: str = Field(examples=["beats champion on Q3"])


class WithdrawalIn(In):
    """Why a request is taken back."""

    reason: str = ""


class ConditionsDoc(In):
    """What an approval is given under."""

    text: str = ""
    terms: dict[str, Any] = Field(
        default_factory=dict, description="For programs", examples=[{"max_traffic_percent": 25}]
    )
    expires_at: datetime | None = Field(None, description="Until when the approval counts; with its zone")


class VoteIn(In):
    """What somebody says to a request."""

    decision: Decision
    comment: str = ""
    step: str | None = Field(None, description="The step that is answered, where the caller could answer several")
    conditions: ConditionsDoc = ConditionsDoc(expires_at=None)

    def value(self) -> Ballot:
        """Return what the use case takes."""
        given = self.conditions
        return Ballot(self.decision, self.comment, self.step, Conditions(given.text, given.terms, given.expires_at))


class DifferenceOut(Out):
    """Something that a vote was bound to and that is another now; empty for nothing."""

    what: str
    says: str
    before: str
    after: str


class VoteOut(Out):
    """A vote, on what it was given, and why it no longer counts if so."""

    id: str
    step: str
    voter: PrincipalOut
    in_place_of: PrincipalOut | None
    decision: Decision
    cast_at: Timestamp
    comment: str
    conditions: ConditionsDoc
    binding: dict[str, str]
    ended_at: Timestamp | None
    lapse: Lapse | None
    differences: list[DifferenceOut]

    @classmethod
    def of(cls, vote: Vote, names: Names) -> Self:
        """Present a vote."""
        given = vote.conditions
        return cls(
            id=vote.id,
            step=vote.step,
            voter=PrincipalOut.of(vote.voter, names),
            in_place_of=None if vote.delegator is None else PrincipalOut.of(vote.delegator, names),
            decision=vote.decision,
            cast_at=vote.cast_at,
            comment=vote.comment,
            conditions=ConditionsDoc(text=given.text, terms=dict(given.terms), expires_at=given.expires_at),
            binding=dict(vote.binding.digests),
            ended_at=vote.ended_at,
            lapse=vote.lapse,
            differences=[DifferenceOut(says=one.says, **one.document) for one in vote.differences],
        )


class ClauseOut(Out):
    """One thing that must be so: whether it is, what to do if not, and some of whom to ask."""

    name: str
    holds: bool
    blocks: bool
    says: str
    to_do: str
    role: str | None
    ask: list[PrincipalOut]

    @classmethod
    def of(cls, clause: Clause, names: Names) -> Self:
        """Present a clause."""
        return cls(
            name=clause.name,
            holds=clause.holds,
            blocks=clause.blocks,
            says=clause.says,
            to_do=clause.to_do,
            role=clause.role,
            ask=[PrincipalOut.of(who, names) for who in clause.ask],
        )


class PolicyRefOut(Out):
    """A version of a policy."""

    name: str
    number: int


class RequestOut(Out):
    """A request for promotion, without how it stands."""

    id: str
    reference: str
    version_id: str
    number: int
    from_stage: str
    to_stage: str
    reason: str
    requested_by: PrincipalOut
    requested_at: Timestamp
    expires_at: Timestamp | None
    policy: PolicyRefOut
    status: RequestStatus
    manner: Manner | None
    closed_at: Timestamp | None
    closed_by: PrincipalOut | None
    reverts_at: Timestamp | None
    renews: str | None = Field(description="For a renewal, the id of the promotion whose approvals it renews")
    revision: int

    @classmethod
    def of(cls, request: PromotionRequest, names: Names, **more: Any) -> Self:  # noqa: ANN401 - what a subclass adds
        """Present a request."""
        return cls(
            id=request.id,
            reference=request.reference,
            version_id=request.version_id,
            number=request.number,
            from_stage=request.source,
            to_stage=request.target,
            reason=request.reason,
            requested_by=PrincipalOut.of(request.requested_by, names),
            requested_at=request.requested_at,
            expires_at=request.expires_at,
            policy=PolicyRefOut(name=request.policy, number=request.policy_number),
            status=request.status,
            manner=request.manner,
            closed_at=request.closed_at,
            closed_by=None if request.closed_by is None else PrincipalOut.of(request.closed_by, names),
            reverts_at=request.reverts_at,
            renews=request.renews,
            revision=request.revision,
            **more,
        )


class WholeRequestOut(RequestOut):
    """A request for promotion, the votes on it, and while it is open what it lacks."""

    stage: str = Field(description="The stage that the version holds now")
    ready: bool = Field(description="Whether nothing stands against the move now")
    clauses: list[ClauseOut]
    votes: list[VoteOut]
    audit: ReceiptOut | None

    @classmethod
    def whole(cls, asked: Asked, names: Names, receipt: Receipt | None) -> Self:
        """Present all of it."""
        found = asked.situation
        return cls.of(
            asked.request,
            names,
            stage=asked.version.stage,
            ready=found is not None and found.ready,
            clauses=[] if found is None else [ClauseOut.of(clause, names) for clause in found.clauses],
            votes=[VoteOut.of(vote, names) for vote in asked.votes],
            audit=ReceiptOut.of(receipt),
        )


class ApprovalsOut(Out):
    """By whose approvals a version holds its stage, or held it at a time; null if by nobody's."""

    reference: str
    stage: str
    request: RequestOut | None = Field(description="The promotion or renewal that they were given on")
    votes: list[VoteOut] = Field(description="Those that counted")
    lapsed_at: Timestamp | None = Field(description="Since when approvals have lapsed that are not renewed")
    review_at: Timestamp | None = Field(description="When they are to be looked at again; only of now")

    @classmethod
    def of(cls, reference: str, found: Approval, names: Names) -> Self:
        """Present the approvals of a version."""
        return cls(
            reference=reference,
            stage=found.stage,
            request=None if found.request is None else RequestOut.of(found.request, names),
            votes=[VoteOut.of(vote, names) for vote in found.votes],
            lapsed_at=found.lapsed_at,
            review_at=None if found.holding is None else found.holding.review_at,
        )


class LiveVersionOut(Out):
    """A version that holds a stage, and the promotion or renewal by which it does."""

    reference: str
    stage: str
    approved_by: RequestOut
    lapsed_at: Timestamp | None = Field(description="Since when its approvals have lapsed and are not renewed")
    review_at: Timestamp | None = Field(description="When they are to be looked at again")
    renewal: str | None = Field(description="The id of the open request to renew them")

    @classmethod
    def of(cls, live: LiveVersion, names: Names) -> Self:
        """Present a version that holds a stage."""
        return cls(
            reference=live.promotion.reference,
            stage=live.holding.stage,
            approved_by=RequestOut.of(live.promotion, names),
            lapsed_at=live.holding.lapsed_at,
            review_at=live.holding.review_at,
            renewal=live.renewal_id,
        )


class WhyOut(Out):
    """What stands against a version's move to a stage, clause by clause."""

    reference: str
    from_stage: str
    to_stage: str
    policy: PolicyRefOut
    request: str | None = Field(description="The id of the open request")
    ready: bool
    clauses: list[ClauseOut]

    @classmethod
    def of(cls, found: Situation, names: Names) -> Self:
        """Present a situation."""
        return cls(
            reference=found.version.reference,
            from_stage=found.version.stage,
            to_stage=found.target.name,
            policy=PolicyRefOut(name=found.policy.name, number=found.policy.number),
            request=None if found.request is None else found.request.id,
            ready=found.ready,
            clauses=[ClauseOut.of(clause, names) for clause in found.clauses],
        )
