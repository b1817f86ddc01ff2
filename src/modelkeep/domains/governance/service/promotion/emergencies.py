"""Promotions that could not wait for approvals, until when they hold, and the review that follows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from modelkeep.domains.access import (
    AccessService,
    Permission,
    Scope,
    acts_for_themselves,
    require_recent_login,
    roles_held,
)
from modelkeep.domains.catalog import (
    ModelVersion,
    held_since,
    lock_model,
    permitted_version,
    stage_holders_at,
    version_by_id,
)
from modelkeep.domains.governance.domain.clauses import blocked
from modelkeep.domains.governance.domain.emergencies import BreakGlassRefusedError
from modelkeep.domains.governance.domain.policies import BreakGlass, Stage
from modelkeep.domains.governance.domain.requests import (
    Manner,
    PromotionRequest,
    check_text,
)
from modelkeep.domains.governance.domain.reviews import reviewers
from modelkeep.domains.governance.repository.promotion import RequestRepository, ReviewRepository, VoteRepository
from modelkeep.domains.governance.service.promotion.doors import Door
from modelkeep.domains.governance.service.promotion.moving import ARCHIVED, Journey, Reason, move
from modelkeep.domains.governance.service.promotion.requests import Asked, keep_gates, new_request
from modelkeep.domains.governance.service.promotion.situations import Lookout, Situation
from modelkeep.kernel.clock import Clock, timestamp
from modelkeep.kernel.events import Json, Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import Database, Transaction

_ALWAYS = ("there", "quarantine")
"""Clauses that no emergency sets aside."""
_REVERTED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class EmergencyService:
    """Break-glass promotions."""

    database: Database
    access: AccessService
    lookout: Lookout
    clock: Clock
    new_id: IdSource

    def break_glass(self, actor: Actor, reference: Reference, stage: str, *, reason: str) -> Recorded[Asked]:
        """Move a version to a stage without approvals and gates, for as long as the policy lets it; a review follows.

        When the time is over and nothing else was decided, the version goes back, and so does who held the stage.

        Raises:
            BreakGlassRefusedError: the policy has no such thing, or the actor does not hold the role that it names.
            PromotionBlockedError: the version is deleted, in quarantine, or there already.
            ForbiddenError, StepUpRequiredError: the actor may not promote, or must log in again.
        """
        check_text("reason", reason, needed=True)
        now = self.clock()
        require_recent_login(actor, now)
        with self.database.transaction() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference, lock=True)
            found = self.lookout.look(tx, version, stage, now)
            Door(tx, self.access, actor).require(Permission.STAGE_PROMOTE, version.model, found.target.name)
            rule = self._rule(tx, actor, found, now)
            if version.stage == found.target.name or any(c.stops for c in found.clauses if c.name in _ALWAYS):
                raise blocked(version.reference, found.target.name, found.clauses)
            request = found.request
            if request is None:
                request = new_request(self.new_id(), actor, found, reason, now)
                RequestRepository(tx).add(request)
                tx.record(request.requested(actor))
            made, moved = self._move(tx, actor, replace(found, request=request), rule, reason)
        return Recorded(Asked(made, moved, None), tx.receipt)

    def _rule(self, tx: Transaction, actor: Actor, found: Situation, now: datetime) -> BreakGlass:
        rule, model, stage = found.policy.break_glass, found.version.model, found.target.name
        if rule is None:
            raise BreakGlassRefusedError(f"policy {found.policy.name} has no break-glass; ask for approvals instead")
        held = roles_held(tx, [actor.id], Scope.of_model(model), stage, now, lock=True).get(actor.id, frozenset())
        if rule.role not in held or not acts_for_themselves(tx, actor):
            raise BreakGlassRefusedError(
                f"policy {found.policy.name} leaves break-glass to people who hold {rule.role} on {model} and act for "
                "themselves",
                role=rule.role,
            )
        return rule

    def _move(
        self, tx: Transaction, actor: Actor, found: Situation, rule: BreakGlass, reason: str
    ) -> tuple[PromotionRequest, ModelVersion]:
        now, request = self.clock(), found.asked
        reverts_at = now + rule.expires_after
        overridden: list[Json] = [clause.name for clause in found.clauses if clause.stops and clause.name != "request"]
        data: dict[str, Json] = {
            "manner": Manner.BREAK_GLASS.value,
            "approvals": [],
            "binding": found.binding.digests,
            "overridden": overridden,
            "reverts_at": timestamp(reverts_at),
        }
        why = Reason("governance.version_promoted", request, data, {"reason": reason})
        keep_gates(tx, found, now)
        moved = move(tx, actor, Journey(found.version, found.policy, found.target, now), why).version
        made = request.promoted(Manner.BREAK_GLASS, actor, moved.changed_at, reverts_at)
        RequestRepository(tx).save(made)
        VoteRepository(tx).ask(request.id, None)
        ReviewRepository(tx).ask(made, moved.changed_at + rule.review_within)
        VoteRepository(tx).ask_reviewers(made.id, reviewers(found.policy, found.target.name))
        return made, moved

    def end_expired(self, system: Actor) -> int:
        """Take back what was promoted in an emergency and whose time is over; say how many there were."""
        with self.database.snapshot() as tx:
            over = RequestRepository(tx).reverting(self.clock(), _REVERTED_AT_ONCE)
        for request in over:
            with self.database.transaction() as tx:
                lock_model(tx, request.model)
                self._end(tx, system, RequestRepository(tx).get(request.id))
        return len(over)

    def _end(self, tx: Transaction, system: Actor, request: PromotionRequest) -> None:
        """Take a promotion back, unless the version has left the stage since, or another server did it."""
        if request.reverts_at is None:
            return
        version, now = version_by_id(tx, request.version_id), self.clock()
        at = version.changed_at
        if version.stage == request.target and held_since(tx, version) == request.closed_at:
            at = self._back(tx, system, request, version, now)
        RequestRepository(tx).save(replace(request, reverts_at=None, revision=request.revision + 1))
        tx.record(request.happened("governance.break_glass_ended", system, max(now, at)))

    def _back(
        self, tx: Transaction, system: Actor, request: PromotionRequest, version: ModelVersion, now: datetime
    ) -> datetime:
        policy, target = self.lookout.stage(tx, version.model, request.target)
        why = Reason("governance.stage_reverted", request)
        former = self._former(tx, request, version, target.replaced_to or ARCHIVED)
        back = move(tx, system, Journey(version, policy, Stage(request.source), now), why).version
        for one in former:
            move(tx, system, Journey(one, policy, target, now), why)
        return back.changed_at

    def _former(
        self, tx: Transaction, request: PromotionRequest, version: ModelVersion, replaced_to: str
    ) -> Sequence[ModelVersion]:
        """Return who held the stage before, and is where the promotion has put it."""
        assert request.closed_at is not None  # noqa: S101 - it was made
        before = stage_holders_at(tx, version.model_id, request.target, request.closed_at - timedelta(microseconds=1))
        present = [version_by_id(tx, one.id) for one in before if one.id != version.id]
        return [
            one
            for one in present
            if one.deleted_at is None
            and one.quarantined_at is None
            and one.stage == replaced_to
            and held_since(tx, one) == request.closed_at
        ]
