"""Promotions that could not wait for approvals, until when they hold, and the review that follows."""

from collections.abc import Iterator
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
    stage_holdings,
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
from modelkeep.domains.governance.operations.policies import policy_of
from modelkeep.domains.governance.repository.promotion import RequestRepository
from modelkeep.domains.governance.service.promotion.apart import each_apart
from modelkeep.domains.governance.service.promotion.doors import Door
from modelkeep.domains.governance.service.promotion.making import Asked, ask, keep_gates, new_request
from modelkeep.domains.governance.service.promotion.moving import Journey, Reason, close, hold, hold_again, move
from modelkeep.domains.governance.service.promotion.reviewing import ask_reviewers
from modelkeep.domains.governance.service.promotion.situations import Lookout, Situation
from modelkeep.kernel.clock import Clock, timestamp
from modelkeep.kernel.events import Json, Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import Database, Transaction

_ALWAYS = ("there", "quarantine")
"""Clauses that no emergency sets aside."""
AT_ONCE = 20
"""How many are taken back in one go."""
_MOST_FAILED = 200
"""How many that cannot be taken back are stepped over to find some that can."""


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
                request = new_request(self.new_id(), actor, Journey(version, found.policy, found.target, now), reason)
                ask(tx, actor, request)
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
        keep_gates(tx, found, request.id, now)
        moved = move(tx, actor, Journey(found.version, found.policy, found.target, now), why)
        made = request.promoted(Manner.BREAK_GLASS, found.policy, actor, moved.changed_at, reverts_at)
        close(tx, made)
        hold(tx, moved, made, found.policy)
        ask_reviewers(tx, made, found.policy, moved.changed_at + rule.review_within)
        return made, moved

    def end_expired(self, system: Actor) -> int:
        """Take back what was promoted in an emergency and whose time is over; say how many there were."""
        failed: set[str] = set()
        while True:
            with self.database.snapshot() as tx:
                over = RequestRepository(tx).reverting(self.clock(), failed, AT_ONCE)
            done = each_apart((request.id for request in over), lambda one: self._end_one(system, one))
            failed.update(request.id for request in over if request.id not in done)
            if done or not over or len(failed) >= _MOST_FAILED:
                return len(done)

    def _end_one(self, system: Actor, request_id: str) -> None:
        with self.database.transaction() as tx:
            lock_model(tx, RequestRepository(tx).get(request_id).model)
            self._end(tx, system, RequestRepository(tx).get(request_id))

    def _end(self, tx: Transaction, system: Actor, request: PromotionRequest) -> None:
        """Take a promotion back, unless the version has left the stage since, or another server did it."""
        if request.reverts_at is None:
            return
        version, now = version_by_id(tx, request.version_id), self.clock()
        at = version.changed_at
        if version.stage == request.target and held_since(tx, version) == request.closed_at:
            at = self._back(tx, system, request, version, now)
        RequestRepository(tx).save(request.lifted())
        tx.record(request.happened("governance.break_glass_ended", system, max(now, at)))

    def _back(
        self, tx: Transaction, system: Actor, request: PromotionRequest, version: ModelVersion, now: datetime
    ) -> datetime:
        """Take a promotion back, whatever the policy of now says of the two stages."""
        policy = policy_of(tx, version.model)
        target = policy.stage(request.target) or Stage(request.target)
        why = Reason("governance.stage_reverted", request)
        former = tuple(self._former(tx, request, version))
        source = Stage(_came_from(tx, request, version))
        back = move(tx, system, Journey(version, policy, source, now), why)
        hold_again(tx, back)
        for one in former:
            hold_again(tx, move(tx, system, Journey(one, policy, target, now), why))
        return back.changed_at

    def _former(self, tx: Transaction, request: PromotionRequest, version: ModelVersion) -> Iterator[ModelVersion]:
        """Yield who held the stage before, and is where the promotion has put it.

        Who held it by an emergency too gives way to who held it before that one: none of them makes another last.
        """
        at = request.closed_at
        assert at is not None  # noqa: S101 - it was made
        for one in stage_holders_at(tx, version.model_id, request.target, at - timedelta(microseconds=1)):
            earlier = _emergency_until(tx, one, request.target, at)
            if earlier is not None:
                yield from self._former(tx, earlier, version)
            elif one.id != version.id and _was_put_away(tx, version_by_id(tx, one.id), at):
                yield version_by_id(tx, one.id)


def _came_from(tx: Transaction, request: PromotionRequest, version: ModelVersion) -> str:
    """Return the stage that a version held before an emergency, and before those that brought it there."""
    assert request.closed_at is not None  # noqa: S101 - it was made
    earlier = _emergency_until(tx, version, request.source, request.closed_at)
    return request.source if earlier is None else _came_from(tx, earlier, version)


def _emergency_until(tx: Transaction, version: ModelVersion, stage: str, until: datetime) -> PromotionRequest | None:
    """Return the emergency by which a version held a stage until a moment; None if it did so by another way."""
    held = next((held for held in stage_holdings(tx, version, stage) if held.until == until), None)
    return None if held is None else RequestRepository(tx).emergencies(version.id, stage).get(held.since)


def _was_put_away(tx: Transaction, version: ModelVersion, at: datetime) -> bool:
    """Say whether a version can be used, and is since a moment where a promotion has put it."""
    return version.deleted_at is None and version.quarantined_at is None and held_since(tx, version) == at
