"""Comments, reviews, delegations, rollbacks and inboxes on the wire."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import In, ListOut, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.api.rest.v1.schemas.promotions import ClauseOut, LiveVersionOut, RequestOut, VoteOut
from modelkeep.domains.access import Scope
from modelkeep.domains.governance import (
    Comment,
    CommentVerdict,
    Delegation,
    Goal,
    InboxItem,
    NewComment,
    NewDelegation,
    Review,
    ReviewVerdict,
    RollbackPlan,
    Waiting,
)
from modelkeep.kernel.events import Receipt


class CommentIn(In):
    """What somebody says about a request; `thread` is the comment that it answers."""

    text: str
    verdict: CommentVerdict = CommentVerdict.COMMENT
    thread: str | None = None

    def value(self) -> NewComment:
        """Return what the use case takes."""
        return NewComment(self.text, self.verdict, self.thread)


class CommentOut(Out):
    """What somebody said about a request."""

    id: str
    thread: str
    author: PrincipalOut
    made_at: Timestamp
    text: str
    verdict: CommentVerdict
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, comment: Comment, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a comment."""
        return cls(
            id=comment.id,
            thread=comment.thread,
            author=PrincipalOut.of(comment.author, names),
            made_at=comment.made_at,
            text=comment.text,
            verdict=comment.verdict,
            audit=ReceiptOut.of(receipt),
        )


class ReviewIn(In):
    """What a review after the fact comes to."""

    verdict: ReviewVerdict
    comment: str = ""


class ReviewOut(Out):
    """A review after the fact."""

    request: RequestOut
    due_at: Timestamp
    closed_at: Timestamp | None
    closed_by: PrincipalOut | None
    verdict: ReviewVerdict | None
    comment: str
    audit: ReceiptOut | None

    @classmethod
    def of(cls, review: Review, names: Names, receipt: Receipt | None) -> Self:
        """Present a review."""
        return cls(
            request=RequestOut.of(review.request, names),
            due_at=review.due_at,
            closed_at=review.closed_at,
            closed_by=None if review.closed_by is None else PrincipalOut.of(review.closed_by, names),
            verdict=review.verdict,
            comment=review.comment,
            audit=ReceiptOut.of(receipt),
        )


WaitingName = Literal["vote_again", "review_overdue", "vote", "review", "not_renewed", "mine"]


class InboxOut(Out):
    """Something that waits for the caller: their vote (again, if it lapsed), a review, or their own request.

    `not_renewed` is a promotion of theirs whose approvals have lapsed, and nobody is asked to renew them.
    """

    waiting: WaitingName
    request: RequestOut
    lapsed: VoteOut | None = Field(description="The vote of the caller's that no longer counts, and why")
    review_due_at: Timestamp | None

    @classmethod
    def of(cls, item: InboxItem, names: Names) -> Self:
        """Present an item."""
        return cls(
            waiting=_WAITING[item.waiting],
            request=RequestOut.of(item.request, names),
            lapsed=None if item.lapsed is None else VoteOut.of(item.lapsed, names),
            review_due_at=None if item.review is None else item.review.due_at,
        )


_WAITING: dict[Waiting, WaitingName] = {
    Waiting.VOTE_AGAIN: "vote_again",
    Waiting.REVIEW_OVERDUE: "review_overdue",
    Waiting.VOTE: "vote",
    Waiting.REVIEW: "review",
    Waiting.NOT_RENEWED: "not_renewed",
    Waiting.MINE: "mine",
}


class DelegationIn(In):
    """Who may answer in the caller's place, where and until when."""

    delegate: str = Field(description="The name or id of a person", examples=["bea"])
    scope: str = Field("*", examples=["fraud"])
    ends_at: datetime = Field(description="With its zone")
    starts_at: datetime | None = None
    reason: str = ""

    def value(self) -> NewDelegation:
        """Return what the use case takes."""
        return NewDelegation(self.delegate, Scope.parse(self.scope), self.ends_at, self.starts_at, self.reason)


class DelegationOut(Out):
    """A delegation."""

    id: str
    delegator: PrincipalOut
    delegate: PrincipalOut
    scope: str
    starts_at: Timestamp
    ends_at: Timestamp
    reason: str
    ended_at: Timestamp | None
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, delegation: Delegation, names: Names, receipt: Receipt | None = None) -> Self:
        """Present a delegation."""
        return cls(
            id=delegation.id,
            delegator=PrincipalOut.of(delegation.delegator, names),
            delegate=PrincipalOut.of(delegation.delegate, names),
            scope=delegation.scope,
            starts_at=delegation.starts_at,
            ends_at=delegation.ends_at,
            reason=delegation.reason,
            ended_at=delegation.ended_at,
            audit=ReceiptOut.of(receipt),
        )


class RollbackIn(In):
    """What to go back to; with `dry_run` nothing is changed."""

    to: str = Field(description="`7 days ago`, a date or time, or a version", examples=["7 days ago", "1.3.0"])
    stage: str = "Production"
    reason: str = Field("", description="Needed unless it is a dry run")
    dry_run: bool = False

    def value(self) -> Goal:
        """Return what the use case takes."""
        return Goal(self.to, self.stage, self.reason)


class RollbackOut(Out):
    """What a rollback does: who takes the stage, who leaves it, and what stands against it."""

    reference: str
    stage: str
    leaving: list[str]
    ready: bool
    clauses: list[ClauseOut]
    review_due_at: Timestamp | None
    request: str | None = Field(description="The id under which it was done; null for a dry run")
    audit: ReceiptOut | None

    @classmethod
    def of(cls, plan: RollbackPlan, names: Names, receipt: Receipt | None) -> Self:
        """Present a plan."""
        return cls(
            reference=plan.version.reference,
            stage=plan.stage.name,
            leaving=[version.reference for version in plan.leaving],
            ready=plan.ready,
            clauses=[ClauseOut.of(clause, names) for clause in plan.clauses],
            review_due_at=plan.review_due_at,
            request=None if plan.request is None else plan.request.id,
            audit=ReceiptOut.of(receipt),
        )


class WithdrawnDataIn(In):
    """Data that must not be used any longer."""

    reference: str = Field(description="Its URI or digest, as versions refer to it", examples=["s3://lake/tx/2026-10"])
    reason: str


class WithdrawnDataOut(Out):
    """Data that must not be used any longer, and the versions trained on it that hold a stage.

    `live` is the first page of them; `GET /live-versions?trained_on=` gives the others.
    """

    reference: str
    withdrawn_at: Timestamp
    live: ListOut[LiveVersionOut]
    audit: ReceiptOut | None
