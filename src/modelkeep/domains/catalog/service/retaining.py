"""What may not be deleted yet, because whoever governs it has said for how long it is kept."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from modelkeep.domains.catalog.domain.errors import VersionRetainedError
from modelkeep.domains.catalog.repository import VersionRepository
from modelkeep.domains.catalog.repository.stages import StageRepository
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Transaction

KeptFor: TypeAlias = Callable[[Transaction, ModelName, datetime], timedelta]
"""Says how long versions of a model are kept after their last move from stage to stage; the first was at that time."""


def kept_until(
    tx: Transaction, kept_for: KeptFor, model_id: str, name: ModelName, version_id: str | None = None
) -> tuple[str, datetime] | None:
    """Return until when a version is kept, or the one of a model that moved last, with its id; None if none is.

    A model is kept as long as any of its versions would be that moved so late.
    """
    stages = StageRepository(tx)
    moved, first = stages.moved_last(model_id, version_id), stages.moved_first(model_id, version_id)
    if moved is None or first is None:
        return None
    identity, at = moved
    kept = kept_for(tx, name, first)
    return (identity, at + kept) if kept else None


def require_not_kept(kept: tuple[str, datetime] | None, tx: Transaction, now: datetime, name: ModelName) -> None:
    """Let what is kept no more, or never was, be deleted.

    Raises:
        VersionRetainedError: it is kept until later than now.
    """
    if kept is None or kept[1] <= now:
        return
    version = VersionRepository(tx).by_id(kept[0])
    raise VersionRetainedError(
        f"{version.reference} was moved to a stage, and a policy of {name} keeps such versions until "
        f"{kept[1]:%Y-%m-%d %H:%M} UTC: delete it then; 'modelkeep policy show --of {name}' shows for how long under "
        "`retention`",
        version=version.reference,
        until=timestamp(kept[1]),
    )
