"""What holds a stage, and moving there: the catalog stores it, governance decides."""

from collections.abc import Collection, Mapping
from datetime import datetime

from modelkeep.domains.catalog.domain.aliases import StageInterval
from modelkeep.domains.catalog.domain.moments import moment_after
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.repository import ModelRepository, VersionRepository
from modelkeep.domains.catalog.repository.stages import StageRepository
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Transaction


def move_stage(tx: Transaction, version: ModelVersion, stage: str, by: Actor, at: datetime) -> ModelVersion:
    """Put a version into a stage from now on, and return it; the caller has locked its model, and records the event.

    The event's subject is the version's reference and its time the `changed_at` of what is returned, so that answers
    about the stage find the entry that proves it.

    Raises:
        StaleRevisionError: the version has changed since it was read.
    """
    moved = version.moved(stage, by, at)
    VersionRepository(tx).save(moved, before=version)
    return moved


def stage_holders(tx: Transaction, model_id: str, stage: str) -> tuple[ModelVersion, ...]:
    """Return the live versions of a model that hold a stage now, in the order of their numbers."""
    return VersionRepository(tx).holders(model_id, stage)


def last_stage_holders(tx: Transaction, model_ids: Collection[str], stage: str) -> Mapping[str, ModelVersion]:
    """Return by the id of the model the live version that took a stage last and holds it: one query for any number."""
    return StageRepository(tx).last_holders(model_ids, stage)


def stage_holders_at(tx: Transaction, model_id: str, stage: str, at: datetime) -> tuple[ModelVersion, ...]:
    """Return the versions that held a stage at a time, as they were then; who took it last comes first."""
    return StageRepository(tx).holders_at(model_id, stage, at)


def stage_holdings(tx: Transaction, version: ModelVersion, stage: str) -> tuple[StageInterval, ...]:
    """Return the last 1,000 times that a version held a stage, the newest first."""
    return StageRepository(tx).holdings(version, stage)


def lock_model(tx: Transaction, name: ModelName) -> None:
    """Hold a model, deleted or not, until the transaction ends: for what the registry does by itself."""
    ModelRepository(tx).lock(name)


def held_since(tx: Transaction, version: ModelVersion) -> datetime:
    """Return since when a version has held the stage it holds now."""
    return StageRepository(tx).held_since(version.id)


def next_moment(now: datetime, *versions: ModelVersion) -> datetime:
    """Return when a change of all these versions takes place: now, but after the last change of each."""
    return max(moment_after(version.changed_at, now) for version in versions)


def version_by_id(tx: Transaction, version_id: str) -> ModelVersion:
    """Return a version as it is now, deleted or not."""
    return VersionRepository(tx).by_id(version_id)
