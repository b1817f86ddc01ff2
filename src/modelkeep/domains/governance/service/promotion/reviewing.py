"""Comments on requests, and the reviews that follow what could not wait."""

from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import (
    AccessService,
    Permission,
    acts_for_themselves,
    people_behind,
    require_recent_login,
)
from modelkeep.domains.governance.domain.comments import Comment, CommentVerdict, ThreadNotFoundError
from modelkeep.domains.governance.domain.policies import Policy
from modelkeep.domains.governance.domain.requests import PromotionRequest, VoteNotCountedError, check_text
from modelkeep.domains.governance.domain.reviews import Review, ReviewNotFoundError, ReviewVerdict, reviewers
from modelkeep.domains.governance.repository.promotion import CommentRepository, ReviewRepository, VoteRepository
from modelkeep.domains.governance.service.promotion.doors import Door
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class NewComment:
    """What somebody says; `thread` is the id of the comment that it answers, None to begin a thread."""

    text: str
    verdict: CommentVerdict = CommentVerdict.COMMENT
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewService:
    """Says something about requests and promotions, without a vote."""

    database: Database
    access: AccessService
    clock: Clock
    new_id: IdSource

    def comment(self, actor: Actor, request_id: str, new: NewComment) -> Recorded[Comment]:
        """Say something about a request; whoever sees the version may, a verdict is for those who may approve.

        Raises:
            RequestNotFoundError, ThreadNotFoundError: there is no such request or thread.
            RequestClosedError: it is decided.
            ForbiddenError: the actor may not approve, and gives a verdict.
        """
        check_text("comment", new.text, needed=True)
        with self.database.transaction() as tx:
            door, comments = Door(tx, self.access, actor), CommentRepository(tx)
            request, _ = door.request(request_id, lock=True)
            if new.verdict is not CommentVerdict.COMMENT:
                door.require(Permission.STAGE_APPROVE, request.model, request.target)
            now = self.clock()
            request.check_open(now)
            if new.thread is not None and not comments.has_thread(request_id, new.thread):
                raise ThreadNotFoundError(
                    f"request {request_id} has no thread {new.thread[:80]}", thread=new.thread[:80]
                )
            identity = self.new_id()
            thread = new.thread or identity
            comment = Comment(identity, request_id, thread, actor.id, now, new.text, new.verdict)
            comments.add(comment)
            tx.record(comment.made(request, actor))
        return Recorded(comment, tx.receipt)

    def comments(self, actor: Actor, request_id: str, page: PageRequest) -> Page[Comment]:
        """Return one page of what was said about a request, the oldest first.

        Raises:
            RequestNotFoundError: there is none, or the actor may not see its model.
        """
        with self.database.snapshot() as tx:
            Door(tx, self.access, actor).request(request_id)
            return CommentRepository(tx).list(request_id, page)

    def finish(self, actor: Actor, request_id: str, verdict: ReviewVerdict, *, comment: str) -> Recorded[Review]:
        """Finish the review of a promotion after the fact; one that is finished is left alone.

        Raises:
            RequestNotFoundError, ReviewNotFoundError: there is no such promotion, or nobody is to review it.
            VoteNotCountedError: the actor made the version or the promotion, asked for it, is behind who did, or is no
                person acting for themselves.
            ForbiddenError, StepUpRequiredError: the actor may not approve, or must log in again.
        """
        check_text("comment", comment, needed=verdict is ReviewVerdict.OBJECTED)
        now = self.clock()
        require_recent_login(actor, now)
        with self.database.transaction() as tx:
            door = Door(tx, self.access, actor)
            request, _ = door.request(request_id, lock=True)
            door.require(Permission.STAGE_APPROVE, request.model, request.target)
            review = ReviewRepository(tx).of([request]).get(request.id)
            if review is None:
                raise ReviewNotFoundError(f"nobody is to review {request_id}", request=request_id)
            involved = {request.author, request.requested_by, request.closed_by or request.requested_by}
            if actor.id in people_behind(tx, involved) or not acts_for_themselves(tx, actor):
                raise VoteNotCountedError(
                    f"your review of {request.reference} does not count: somebody else must look at it who acts for "
                    "themselves",
                    request=request_id,
                )
            if review.closed_at is not None:
                return Recorded(review, None)
            closed, event = review.close(verdict, comment, actor, now)
            ReviewRepository(tx).save(closed)
            VoteRepository(tx).ask(request.id, None)
            tx.record(event)
        return Recorded(closed, tx.receipt)


def ask_reviewers(tx: Transaction, made: PromotionRequest, policy: Policy, due_at: datetime) -> None:
    """Ask that somebody look at a promotion, by a time, that nobody has approved before it was made."""
    ReviewRepository(tx).ask(made, due_at)
    VoteRepository(tx).ask_reviewers(made.id, reviewers(policy, made.target))
