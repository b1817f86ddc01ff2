"""Makes requests, and makes what they ask for: the move of a version, or the renewal of its approvals."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance.domain.requests import Manner, PromotionRequest
from modelkeep.domains.governance.domain.votes import Vote
from modelkeep.domains.governance.repository.promotion import HoldingRepository, RequestRepository
from modelkeep.domains.governance.service.gates.evaluation import Occasion, keep_evaluation
from modelkeep.domains.governance.service.promotion.moving import Journey, Reason, close, hold, move
from modelkeep.domains.governance.service.promotion.situations import Situation
from modelkeep.kernel.events import Json
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, how it stands, and all votes on it, ended ones too."""

    request: PromotionRequest
    version: ModelVersion
    situation: Situation | None
    votes: tuple[Vote, ...] = ()


def new_request(
    request_id: str, actor: Actor, way: Journey, reason: str, life: timedelta | None = None
) -> PromotionRequest:
    """Return the request of an actor that a version go a way; one without a `life` waits for ever."""
    version = way.version
    return PromotionRequest(
        id=request_id,
        version_id=version.id,
        model=version.model,
        version=str(version.version),
        number=version.number,
        source=version.stage,
        target=way.target.name,
        reason=reason,
        author=version.created_by,
        requested_by=actor.id,
        requested_at=way.at,
        expires_at=None if life is None else way.at + life,
        policy=way.policy.name,
        policy_number=way.policy.number,
    )


def ask(tx: Transaction, actor: Actor, request: PromotionRequest) -> None:
    """Store a new request; the caller says whom it asks."""
    RequestRepository(tx).add(request)
    tx.record(request.requested(actor))


def expire(tx: Transaction, actor: Actor, request: PromotionRequest, now: datetime) -> None:
    """Close a request that is over its time."""
    closed, event = request.expire(actor, now)
    close(tx, closed)
    tx.record(event)


def complete(
    tx: Transaction, actor: Actor, found: Situation, manner: Manner, now: datetime
) -> tuple[PromotionRequest, ModelVersion]:
    """Do what a request asks for that nothing stops, and close it: move the version, or renew its approvals."""
    request = found.asked
    approvals: list[Json] = [
        {"vote_id": vote.id, "step": vote.step, "voter": vote.voter, "delegator": vote.delegator}
        for vote in found.chain.counted
    ]
    keep_gates(tx, found, request.id, now)
    data: dict[str, Json] = {"approvals": approvals, "binding": found.binding.digests}
    if request.renews is not None:
        return _renew(tx, actor, found, data, now), found.version
    why = Reason("governance.version_promoted", request, data | {"manner": manner.value}, {"reason": request.reason})
    moved = move(tx, actor, Journey(found.version, found.policy, found.target, now), why)
    made = request.promoted(manner, found.policy, actor, moved.changed_at)
    close(tx, made)
    hold(tx, moved, made, found.policy)
    return made, moved


def _renew(tx: Transaction, actor: Actor, found: Situation, data: dict[str, Json], now: datetime) -> PromotionRequest:
    """Let the approvals of a renewal be those that a version holds its stage by; an emergency ends with it."""
    made = found.asked.promoted(Manner.RENEWED, found.policy, actor, now)
    close(tx, made)
    promotion = RequestRepository(tx).get(str(made.renews))
    if promotion.reverts_at is not None:
        RequestRepository(tx).save(promotion.lifted())
    HoldingRepository(tx).remove([found.version.id])
    hold(tx, found.version, made, found.policy)
    place: dict[str, Json] = {
        "policy": found.policy.name,
        "policy_number": found.policy.number,
        "renews": made.renews,
        "stays": promotion.reverts_at is not None,
    }
    texts = {"reason": made.reason}
    tx.record(made.happened("governance.promotion_renewed", actor, now, data | place, texts=texts))
    return made


def keep_gates(tx: Transaction, found: Situation, identity: str, now: datetime) -> None:
    """Keep what the gates of a move said, and what they saw, under the id of what it was for."""
    if found.move is not None:
        about = Occasion(identity, found.move, now, found.asked.id)
        keep_evaluation(tx, found.version, found.evaluation, about)
