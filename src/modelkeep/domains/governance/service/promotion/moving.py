"""Moves a version to a stage, and who held an exclusive one out of it, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from modelkeep.domains.catalog import ModelVersion, move_stage, next_moment, stage_holders
from modelkeep.domains.governance.domain.holdings import ARCHIVED, Holding, lapses, review_due, was_approved
from modelkeep.domains.governance.domain.policies import Policy, Stage
from modelkeep.domains.governance.domain.requests import PromotionRequest
from modelkeep.domains.governance.repository.promotion import HoldingRepository, RequestRepository, VoteRepository
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a version moves: the event of it, the request that asked for it, and what else the log says."""

    event: str
    request: PromotionRequest | None = None
    data: Mapping[str, Json] | None = None
    texts: Mapping[str, str] | None = None


_ARCHIVAL: Final = Reason("governance.model_archived")


@dataclass(frozen=True, slots=True)
class Journey:
    """Where a version goes, under which policy, and when."""

    version: ModelVersion
    policy: Policy
    target: Stage
    at: datetime


def move(tx: Transaction, actor: Actor, way: Journey, why: Reason) -> ModelVersion:
    """Move a version whose model is locked; the event of its own move is recorded last, and gives the receipt.

    The caller notes by which promotion the version holds the stage: see `hold` and `hold_again`.
    """
    version, policy, target, now = way.version, way.policy, way.target, way.at
    held = stage_holders(tx, version.model_id, target.name) if target.exclusive else ()
    at = next_moment(now, version, *held)
    for holder in held:
        left = move_stage(tx, holder, target.replaced_to or ARCHIVED, actor, at)
        made = Reason("governance.version_replaced", why.request, {"replaced_by": version.number})
        _close_others(tx, actor, left, None)
        tx.record(_event(actor, holder, left, made))
    moved = move_stage(tx, version, target.name, actor, at)
    HoldingRepository(tx).remove([version.id, *(holder.id for holder in held)])
    _close_others(tx, actor, moved, why.request)
    numbers: list[Json] = [one.number for one in held]
    data = {
        "policy": policy.name,
        "policy_number": policy.number,
        "replaced": numbers,
        **(why.data or {}),
    }
    tx.record(_event(actor, version, moved, Reason(why.event, why.request, data, why.texts)))
    return moved


def hold(tx: Transaction, version: ModelVersion, promotion: PromotionRequest, policy: Policy) -> None:
    """Note that a version holds its stage by a promotion, or a renewal, that was just made."""
    review_at = review_due(promotion, policy)
    HoldingRepository(tx).add(Holding(version.id, version.model, version.stage, promotion.id, review_at=review_at))


def hold_again(tx: Transaction, version: ModelVersion) -> None:
    """Note that a version holds the stage, to which it has just come back, by the promotion that it did so before.

    If its approvals had lapsed, they lapse as it comes back: people are asked again.
    """
    promotion = RequestRepository(tx).standing(version.id, version.stage)
    if promotion is None:
        return
    lapsed = lapses(promotion, VoteRepository(tx).all([promotion.id])) or not was_approved(promotion)
    at = version.changed_at if lapsed else None
    HoldingRepository(tx).add(Holding(version.id, version.model, version.stage, promotion.id, lapsed_at=at))


def _close_others(tx: Transaction, actor: Actor, moved: ModelVersion, made: PromotionRequest | None) -> None:
    """Close what its move has settled: renewals for the stage that it left, and what asked for the one it came to."""
    for request in RequestRepository(tx).open_of(moved.id):
        settled = request.renews is not None or request.target == moved.stage
        if settled and (made is None or request.id != made.id):
            withdraw(tx, actor, request, moved.changed_at, f"it is in {moved.stage} now")


def withdraw(tx: Transaction, actor: Actor, request: PromotionRequest, at: datetime, reason: str) -> PromotionRequest:
    """Take an open request back."""
    closed, event = request.withdraw(actor, at, reason)
    close(tx, closed)
    tx.record(event)
    return closed


def close(tx: Transaction, closed: PromotionRequest) -> None:
    """Store a request that is decided: nobody is asked for an answer any longer."""
    RequestRepository(tx).save(closed)
    VoteRepository(tx).ask(closed.id, None)


def _event(actor: Actor, before: ModelVersion, after: ModelVersion, why: Reason) -> Event:
    """Return the event of one version's move; one to Archived has a name of its own, whatever the reason."""
    data: dict[str, Json] = {
        "version_id": after.id,
        "revision": after.revision,
        "number": after.number,
        "from_stage": before.stage,
        "to_stage": after.stage,
        "request_id": None if why.request is None else why.request.id,
        **(why.data or {}),
    }
    name = _ARCHIVAL.event if after.stage == ARCHIVED else why.event
    return Event(
        name,
        after.reference,
        actor,
        after.changed_at,
        data,
        why.texts or {},
        before=before.facts,
        after=after.facts,
    )
