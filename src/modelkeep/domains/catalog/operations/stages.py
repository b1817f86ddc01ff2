"""What holds a stage, and moving there: the catalog stores it, governance decides."""

from datetime import datetime

from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.repository import VersionRepository
from modelkeep.kernel.identity import Actor
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
