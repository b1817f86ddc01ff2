"""By which right somebody answers a request: their own role, or that of somebody who delegated to them."""

from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import Permission, Scope, acts_for_themselves, roles_held, token_permits
from modelkeep.domains.governance.domain.chains import StepState
from modelkeep.domains.governance.domain.requests import PromotionRequest, VoteNotCountedError
from modelkeep.domains.governance.domain.votes import Vote
from modelkeep.domains.governance.repository.promotion import DelegationRepository
from modelkeep.domains.governance.service.promotion.doors import Door
from modelkeep.domains.governance.service.promotion.situations import Situation
from modelkeep.kernel.identity import PrincipalId


@dataclass(frozen=True, slots=True)
class Right:
    """The step that somebody answers, and in whose place; None for their own."""

    step: StepState
    of: PrincipalId | None = None


def delegators_of(door: Door, request: PromotionRequest, now: datetime) -> tuple[PrincipalId, ...]:
    """Return in whose place the actor may answer requests about this model now."""
    scopes = Scope.of_model(request.model).lineage
    return DelegationRepository(door.tx).delegators(door.actor.id, scopes, now)


def require_right(door: Door, request: PromotionRequest, delegators: tuple[PrincipalId, ...]) -> None:
    """Refuse the actor who may neither approve nor stands in for anybody.

    Raises:
        ForbiddenError: it may not.
    """
    stands_in = bool(delegators) and token_permits(
        door.tx, door.actor, Permission.STAGE_APPROVE, Scope.of_model(request.model)
    )
    if not stands_in:
        door.require(Permission.STAGE_APPROVE, request.model, request.target)


def find_right(
    door: Door,
    found: Situation,
    mine: Vote | None,
    wanted: str | None,
    delegators: tuple[PrincipalId, ...],
    now: datetime,
) -> Right:
    """Return by which right the actor answers; `mine` is its vote that counts, `wanted` the step that it names.

    Raises:
        VoteNotCountedError: there is none.
    """
    tx, actor, request = door.tx, door.actor, found.asked
    if actor.id in found.barred:
        part = "asked for it" if actor.id == request.requested_by else "registered the version, or own who asked"
        raise not_counted(request, f"you {part}; somebody else must answer")
    if not acts_for_themselves(tx, actor):
        raise not_counted(request, "only people answer, by a login or a token that nobody else made for them")
    answered = {who for vote in found.votes if vote.voter != actor.id for who in vote.people}
    if actor.id in answered:
        raise not_counted(request, "somebody has answered in your place")
    people = (actor.id, *(who for who in delegators if who not in found.barred | answered))
    held = roles_held(tx, people, Scope.of_model(request.model), request.target, now, lock=True)
    again = mine is not None and wanted in (None, mine.step)
    for who in people:
        roles = held.get(who, frozenset())
        step = found.chain.step_for(roles, mine.step if mine and again else wanted, again=again)
        if step is not None:
            return Right(step, None if who == actor.id else who)
    open_steps = [state for state in found.chain.steps if state.is_open and not state.complete]
    asked = ", ".join(role for state in open_steps for role in state.roles) or "nobody"
    raise not_counted(request, f"it now asks {asked}; see 'modelkeep why {request.reference} {request.target}'")


def not_counted(request: PromotionRequest, why: str) -> VoteNotCountedError:
    """Return the error for an answer that does not count."""
    return VoteNotCountedError(f"your answer to request {request.id} does not count: {why}", request=request.id)
