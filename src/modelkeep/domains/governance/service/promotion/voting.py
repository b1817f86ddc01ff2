"""Takes votes on requests for promotion."""

from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import AccessService, require_recent_login
from modelkeep.domains.governance.domain.requests import (
    Manner,
    PromotionRequest,
    RequestStatus,
    check_text,
    some_text,
)
from modelkeep.domains.governance.domain.votes import NO_CONDITIONS, Conditions, Decision, Lapse, Vote
from modelkeep.domains.governance.repository.promotion import VoteRepository
from modelkeep.domains.governance.service.promotion.doors import Door
from modelkeep.domains.governance.service.promotion.lapsing import end_stale
from modelkeep.domains.governance.service.promotion.making import Asked, complete, keep_gates
from modelkeep.domains.governance.service.promotion.moving import close
from modelkeep.domains.governance.service.promotion.rights import Right, delegators_of, find_right, require_right
from modelkeep.domains.governance.service.promotion.situations import Lookout, Situation
from modelkeep.kernel.canonical_json import canonical_json
from modelkeep.kernel.clock import Clock, timestamp
from modelkeep.kernel.events import Event, Json, Recorded
from modelkeep.kernel.identity import Actor, PrincipalId
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Ballot:
    """What somebody answers; `step` names the one they answer where they could answer several."""

    decision: Decision
    comment: str = ""
    step: str | None = None
    conditions: Conditions = NO_CONDITIONS


@dataclass(frozen=True, slots=True)
class VotingService:
    """Approves and rejects requests."""

    database: Database
    access: AccessService
    lookout: Lookout
    clock: Clock
    new_id: IdSource

    def cast_vote(self, actor: Actor, request_id: str, ballot: Ballot) -> Recorded[Asked]:
        """Answer a request; a new answer takes the place of the actor's last one, the same one again changes nothing.

        A rejection closes the request. The approval that completes it moves the version, where the policy makes the
        move automatic.

        Raises:
            RequestNotFoundError, RequestClosedError: there is no such request, or it is decided.
            VoteNotCountedError: the actor has a part in the request, is no person acting for themselves, or holds no
                role that is asked for now.
            ForbiddenError, StepUpRequiredError: the actor may not approve, or must log in again.
        """
        require_recent_login(actor, self.clock())
        check_text("comment", ballot.comment)
        check_text("conditions", ballot.conditions.text)
        with self.database.transaction() as tx:
            door = Door(tx, self.access, actor)
            request, version = door.request(request_id, lock=True)
            now = self.clock()  # once nobody else can change it: what has run out while this waited does not count
            ballot.conditions.checked(now)
            delegators = delegators_of(door, request, now)
            require_right(door, request, delegators)
            request.check_open(now)
            found = self.lookout.look(tx, version, request.target, now)
            end_stale(tx, actor, found, now)
            mine = _own(found, actor.id, now)
            if mine is not None and _same(mine, ballot):
                return Recorded(self._asked(tx, found, request), None)
            right = find_right(door, found, mine, ballot.step, delegators, now)
            vote = self._vote(actor, found, ballot, right, now)
            if mine is not None:
                VoteRepository(tx).end([mine.lapsed(Lapse.REPLACED, mine.binding.differences(found.binding), now)])
            VoteRepository(tx).add(vote)
            keep_gates(tx, found, vote.id, now)
            tx.record(_cast(request, vote, actor))
            asked = self._go_on(tx, actor, found, vote, now)
        return Recorded(asked, tx.receipt)

    def _vote(self, actor: Actor, found: Situation, ballot: Ballot, right: Right, now: datetime) -> Vote:
        return Vote(
            id=self.new_id(),
            request_id=found.asked.id,
            step=right.step.step.name,
            voter=actor.id,
            decision=ballot.decision,
            cast_at=now,
            binding=found.binding,
            comment=ballot.comment,
            conditions=ballot.conditions,
            delegator=right.of,
        )

    def _go_on(self, tx: Transaction, actor: Actor, before: Situation, vote: Vote, now: datetime) -> Asked:
        """Do what follows from a vote: close the request, make the move, or ask the next."""
        request = before.asked
        if vote.decision is Decision.REJECT:
            closed = request.close(RequestStatus.REJECTED, actor, now)
            close(tx, closed)
            tx.record(closed.happened("governance.promotion_rejected", actor, now))
            return Asked(closed, before.version, None, VoteRepository(tx).all([request.id]))
        found = self.lookout.count(tx, before, now, lock=True)
        if found.completes_itself:
            made, moved = complete(tx, actor, found, Manner.AUTOMATIC, now)
            return Asked(made, moved, None, VoteRepository(tx).all([request.id]))
        VoteRepository(tx).ask(request.id, found.chain)
        return self._asked(tx, found, request)

    def _asked(self, tx: Transaction, found: Situation, request: PromotionRequest) -> Asked:
        return Asked(request, found.version, found, VoteRepository(tx).all([request.id]))


def _own(found: Situation, who: PrincipalId, now: datetime) -> Vote | None:
    """Return the vote of somebody that still counts."""
    mine = [vote for vote in found.votes if vote.voter == who]
    return next((vote for vote in mine if vote.reason_to_lapse(found.binding, now) is None), None)


def _same(vote: Vote, ballot: Ballot) -> bool:
    given = (vote.decision, vote.comment, vote.conditions)
    return given == (ballot.decision, ballot.comment, ballot.conditions) and ballot.step in (None, vote.step)


def _cast(request: PromotionRequest, vote: Vote, actor: Actor) -> Event:
    texts = {**some_text("comment", vote.comment), **some_text("conditions", vote.conditions.text)}
    if vote.conditions.terms:
        texts["terms"] = canonical_json(vote.conditions.terms).decode()
    expires_at = vote.conditions.expires_at
    data: dict[str, Json] = {
        "vote_id": vote.id,
        "step": vote.step,
        "decision": vote.decision.value,
        "delegator": vote.delegator,
        "expires_at": None if expires_at is None else timestamp(expires_at),
        "binding": vote.binding.digests,
    }
    return request.happened("governance.vote_cast", actor, vote.cast_at, data, texts=texts)
