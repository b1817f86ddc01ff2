"""Asks for promotions, says what they lack, and makes them."""

from dataclasses import dataclass

from modelkeep.domains.access import AccessService, Permission, Scope, require_recent_login, token_permits
from modelkeep.domains.catalog import permitted_version
from modelkeep.domains.governance.domain.clauses import blocked
from modelkeep.domains.governance.domain.moves import allowed_move
from modelkeep.domains.governance.domain.queries import RequestQuery
from modelkeep.domains.governance.domain.requests import (
    Manner,
    PromotionRequest,
    RequestStatus,
    check_text,
)
from modelkeep.domains.governance.repository.promotion import RequestRepository, VoteRepository
from modelkeep.domains.governance.service.promotion.doors import Door
from modelkeep.domains.governance.service.promotion.making import Asked, ask, complete, expire, new_request
from modelkeep.domains.governance.service.promotion.moving import Journey, withdraw
from modelkeep.domains.governance.service.promotion.renewals import Renewals
from modelkeep.domains.governance.service.promotion.situations import Lookout, Situation
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class PromotionService:
    """Promotions: requested, explained, made, withdrawn."""

    database: Database
    access: AccessService
    lookout: Lookout
    renewals: Renewals
    clock: Clock
    new_id: IdSource

    def request(self, actor: Actor, reference: Reference, stage: str, *, reason: str) -> Recorded[Asked]:
        """Ask that a version move to a stage; one request of a version for a stage is open at a time.

        For one that holds the stage, and whose approvals there have lapsed, it asks for a renewal of them; so it does
        for one that is there by an emergency.

        Where the policy makes the move automatic and nothing is missing, it is made at once, if the actor may promote.

        Raises:
            VersionNotFoundError: nothing answers to the reference.
            UnknownStageError, MoveNotAllowedError: the policy has no such stage or move.
            ForbiddenError: the actor may not ask for it.
        """
        check_text("reason", reason, needed=True)
        with self.database.transaction() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference, lock=True)
            policy, target = self.lookout.stage(tx, version.model, stage)
            Door(tx, self.access, actor).require(Permission.STAGE_REQUEST, version.model, target.name)
            now = self.clock()
            request = RequestRepository(tx).find_open(version.id, target.name)
            if request is not None and request.status_at(now) is RequestStatus.OPEN:
                return Recorded(self._asked(tx, self.lookout.look(tx, version, target.name, now), request), None)
            if request is not None:
                expire(tx, actor, request, now)
            renewed = version.stage == target.name and self.renewals.ask(tx, actor, version.id, now, reason=reason)
            if not renewed:
                life = allowed_move(policy, version.reference, version.stage, target.name).chain.expires_after
                way = Journey(version, policy, target, now)
                ask(tx, actor, new_request(self.new_id(), actor, way, reason, life))
            found = self.lookout.look(tx, version, target.name, now)
            VoteRepository(tx).ask(found.asked.id, found.chain)
            if self._at_once(tx, actor, found):
                asked = Asked(*complete(tx, actor, found, Manner.AUTOMATIC, now), None)
            else:
                asked = self._asked(tx, found, found.asked)
        return Recorded(asked, tx.receipt)

    def _at_once(self, tx: Transaction, actor: Actor, found: Situation) -> bool:
        """Say whether the request itself completes the move: nobody need approve, and the actor may make it."""
        door = Door(tx, self.access, actor)
        return found.completes_itself and door.may(Permission.STAGE_PROMOTE, found.version.model, found.target.name)

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
                raise blocked(version.reference, request.target, found.clauses, renewal=request.renews is not None)
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
            closed = withdraw(tx, actor, request, now, reason)
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
