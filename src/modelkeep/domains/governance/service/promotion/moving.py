"""Moves a version to a stage, and who held an exclusive one out of it, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from modelkeep.domains.catalog import ModelVersion, move_stage, next_moment, stage_holders
from modelkeep.domains.governance.domain.policies import Policy, Stage
from modelkeep.domains.governance.domain.requests import PromotionRequest
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Transaction

ARCHIVED: Final = "Archived"


@dataclass(frozen=True, slots=True)
class Moved:
    """A version in its new stage, and the ones that made room."""

    version: ModelVersion
    replaced: tuple[ModelVersion, ...]


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


def move(tx: Transaction, actor: Actor, way: Journey, why: Reason) -> Moved:
    """Move a version whose model is locked; the event of its own move is recorded last, and gives the receipt."""
    version, policy, target, now = way.version, way.policy, way.target, way.at
    held = stage_holders(tx, version.model_id, target.name) if target.exclusive else ()
    at = next_moment(now, version, *held)
    replaced = []
    for holder in held:
        left = move_stage(tx, holder, target.replaced_to or ARCHIVED, actor, at)
        made = Reason("governance.version_replaced", why.request, {"replaced_by": version.number})
        tx.record(_event(actor, holder, left, made))
        replaced.append(left)
    moved = move_stage(tx, version, target.name, actor, at)
    numbers: list[Json] = [one.number for one in replaced]
    data = {
        "policy": policy.name,
        "policy_number": policy.number,
        "replaced": numbers,
        **(why.data or {}),
    }
    tx.record(_event(actor, version, moved, Reason(why.event, why.request, data, why.texts)))
    return Moved(moved, tuple(replaced))


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
