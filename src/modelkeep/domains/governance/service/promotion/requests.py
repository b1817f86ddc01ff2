"""Asks for promotions, says what they lack, and makes them."""

from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import AccessService, Permission, Scope, require_recent_login, token_permits
from modelkeep.domains.catalog import ModelVersion, permitted_version
from modelkeep.domains.governance.domain.clauses import blocked
from modelkeep.domains.governance.domain.queries import RequestQuery
from modelkeep.domains.governance.domain.requests import (
    Manner,
    MoveNotAllowedError,
    PromotionRequest,
    RequestStatus,
    check_text,
)
from modelkeep.domains.governance.domain.votes import Vote
from modelkeep.domains.governance.repository.promotion import RequestRepository, VoteRepository
from modelkeep.domains.governance.service.gates.evaluation import Occasion, keep_evaluation
from modelkeep.domains.governance.service.promotion.doors import Door
from modelkeep.domains.governance.service.promotion.moving import Journey, Reason, move
from modelkeep.domains.governance.service.promotion.situations import Lookout, Situation
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Json, Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, how it stands, and all votes on it, ended ones too."""

    request: PromotionRequest
    version: ModelVersion
    situation: Situation | None
    votes: tuple[Vote, ...] = ()


@dataclass(frozen=True, slots=True)
class PromotionService:
    """Promotions: requested, explained, made, withdrawn."""

    database: Database
    access: AccessService
    lookout: Lookout
    clock: Clock
    new_id: IdSource

    def request(self, actor: Actor, reference: Reference, stage: str, *, reason: str) -> Recorded[Asked]:
        """Ask that a version move to a stage; one request of a version for a stage is open at a time.

        Where the policy makes the move automatic and nothing is missing, it is made at once, if the actor may promote.

        Raises:
            VersionNotFoundError: nothing answers to the reference.
            UnknownStageError, MoveNotAllowedError: the policy has no such stage or move.
            ForbiddenError: the actor may not ask for it.
        """
        check_text("reason", reason, needed=True)
        with self.database.transaction() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference, lock=True)
            _, target = self.lookout.stage(tx, version.model, stage)
            Door(tx, self.access, actor).require(Permission.STAGE_REQUEST, version.model, target.name)
            now = self.clock()
            found = self.lookout.look(tx, version, target.name, now)
            if found.request is not None and found.request.status_at(now) is RequestStatus.OPEN:
                return Recorded(self._asked(tx, found, found.request), None)
            if found.request is not None:
                self._expire(tx, actor, found.request, now)
            if found.move is None:
                raise _not_allowed(found)
            request = new_request(self.new_id(), actor, found, reason, now)
            RequestRepository(tx).add(request)
            tx.record(request.requested(actor))
            found = self.lookout.look(tx, version, target.name, now)
            VoteRepository(tx).ask(request.id, found.chain)
            if self._at_once(tx, actor, found):
                asked = Asked(*complete(tx, actor, found, Manner.AUTOMATIC, now), None)
            else:
                asked = self._asked(tx, found, request)
        return Recorded(asked, tx.receipt)

    def _at_once(self, tx: Transaction, actor: Actor, found: Situation) -> bool:
        """Say whether the request itself completes the move: nobody need approve, and the actor may make it."""
        if found.move is None or not found.move.automatic or not found.ready:
            return False
        scope = found.version.model
        door = Door(tx, self.access, actor)
        return door.may(Permission.STAGE_PROMOTE, scope, found.target.name)

    def _expire(self, tx: Transaction, actor: Actor, request: PromotionRequest, now: datetime) -> None:
        closed, event = request.expire(actor, now)
        RequestRepository(tx).save(closed)
        VoteRepository(tx).ask(request.id, None)
        tx.record(event)

    def promote(self, actor: Actor, request_id: str) -> Recorded[Asked]:
        """Make the move that was asked for; everything about it is looked at again, in the same transaction.

        One that is made already is left alone.

        Raises:
            RequestNotFoundError: there is no such request.
            RequestClosedError: it is rejected, withdrawn or expired.
            PromotionBlockedError: something stands against it; the details list what.
            ForbiddenError, StepUpRequiredError: the actor may not promote, or must log in again.
        """
        require_recent_login(actor, self.clock())
        with self.database.transaction() as tx:
            door = Door(tx, self.access, actor)
            request, version = door.request(request_id, lock=True)
            now = self.clock()  # once nobody else can change it: what has run out while this waited does not count
            door.require(Permission.STAGE_PROMOTE, request.model, request.target)
            if request.status is RequestStatus.PROMOTED:
                return Recorded(Asked(request, version, None), None)
            request.check_open(now)
            found = self.lookout.look(tx, version, request.target, now, lock=True)
            if not found.ready:
                raise blocked(version.reference, request.target, found.clauses)
            made, moved = complete(tx, actor, found, Manner.APPROVED, now)
        return Recorded(Asked(made, moved, None), tx.receipt)

    def withdraw(self, actor: Actor, request_id: str, *, reason: str = "") -> Recorded[Asked]:
        """Take a request back: who asked for it may, and who may promote; one that is withdrawn is left alone.

        Raises:
            RequestNotFoundError, RequestClosedError: there is no such request, or it is decided.
            ForbiddenError: it is somebody else's, or the token is not meant for requests.
        """
        check_text("reason", reason)
        with self.database.transaction() as tx:
            door = Door(tx, self.access, actor)
            request, version = door.request(request_id, lock=True)
            scope, mine = Scope.of_model(request.model), request.requested_by == actor.id
            if not mine or not token_permits(tx, actor, Permission.STAGE_REQUEST, scope):
                door.require(Permission.STAGE_PROMOTE, request.model, request.target)
            if request.status is RequestStatus.WITHDRAWN:
                return Recorded(Asked(request, version, None), None)
            now = self.clock()
            request.check_open(now)
            closed, event = request.withdraw(actor, now, reason)
            RequestRepository(tx).save(closed)
            VoteRepository(tx).ask(request.id, None)
            tx.record(event)
        return Recorded(Asked(closed, version, None), tx.receipt)

    def get(self, actor: Actor, request_id: str) -> Asked:
        """Return a request, how it stands, and the votes on it.

        Raises:
            RequestNotFoundError: there is none, or the actor may not see its model.
        """
        with self.database.snapshot() as tx:
            request, version = Door(tx, self.access, actor).request(request_id)
            if request.status_at(self.clock()) is not RequestStatus.OPEN:
                return Asked(request, version, None, VoteRepository(tx).all([request.id]))
            return self._asked(tx, self.lookout.look(tx, version, request.target, self.clock()), request)

    def list(self, actor: Actor, query: RequestQuery, page: PageRequest) -> Page[PromotionRequest]:
        """Return one page of requests about models that the actor may see, the newest first."""
        with self.database.snapshot() as tx:
            return RequestRepository(tx).list(query, page, self.access.values(actor, Permission.VERSION_READ))

    def why(self, actor: Actor, reference: Reference, stage: str) -> Situation:
        """Say, clause by clause, what stands against a version's move to a stage, and what to do about it.

        Raises:
            VersionNotFoundError: nothing answers to the reference.
            UnknownStageError: the policy has no such stage.
        """
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            return self.lookout.look(tx, version, stage, self.clock())

    def _asked(self, tx: Transaction, found: Situation, request: PromotionRequest) -> Asked:
        return Asked(request, found.version, found, VoteRepository(tx).all([request.id]))


def new_request(request_id: str, actor: Actor, found: Situation, reason: str, now: datetime) -> PromotionRequest:
    """Return the request of an actor that a version move to where it may."""
    version, life = found.version, None if found.move is None else found.move.chain.expires_after
    return PromotionRequest(
        id=request_id,
        version_id=version.id,
        model=version.model,
        version=str(version.version),
        number=version.number,
        source=version.stage,
        target=found.target.name,
        reason=reason,
        author=version.created_by,
        requested_by=actor.id,
        requested_at=now,
        expires_at=None if life is None else now + life,
        policy=found.policy.name,
        policy_number=found.policy.number,
    )


def complete(
    tx: Transaction, actor: Actor, found: Situation, manner: Manner, now: datetime
) -> tuple[PromotionRequest, ModelVersion]:
    """Move the version of a request that nothing stops, and close the request."""
    request = found.asked
    approvals: list[Json] = [
        {"vote_id": vote.id, "step": vote.step, "voter": vote.voter, "delegator": vote.delegator}
        for vote in found.chain.counted
    ]
    data: dict[str, Json] = {
        "manner": manner.value,
        "approvals": approvals,
        "binding": found.binding.digests,
    }
    why = Reason("governance.version_promoted", request, data, {"reason": request.reason})
    keep_gates(tx, found, now)
    moved = move(tx, actor, Journey(found.version, found.policy, found.target, now), why)
    made = request.promoted(manner, actor, moved.version.changed_at)
    RequestRepository(tx).save(made)
    VoteRepository(tx).ask(request.id, None)
    return made, moved.version


def keep_gates(tx: Transaction, found: Situation, now: datetime) -> None:
    """Keep what the gates of a move said when it was made, and what they saw, under the id of its request."""
    if found.move is not None:
        request = found.asked
        keep_evaluation(tx, found.version, found.evaluation, Occasion(request.id, found.move, now, request.id))


def _not_allowed(found: Situation) -> MoveNotAllowedError:
    (clause,) = (clause for clause in found.clauses if clause.name == "move")
    return MoveNotAllowedError(
        f"{found.version.reference} cannot go to {found.target.name}: {clause.says}; {clause.to_do}".rstrip("; "),
        reference=found.version.reference,
        stage=found.target.name,
        clauses=[clause.document],
    )
