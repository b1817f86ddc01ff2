"""What other domains do with the catalog in transactions of theirs."""

from modelkeep.domains.catalog.operations.erasing import forget_past
from modelkeep.domains.catalog.operations.permitted import (
    find_namespace,
    permitted_model,
    permitted_namespace,
    permitted_version,
)
from modelkeep.domains.catalog.operations.stages import move_stage, stage_holders

__all__ = [
    "find_namespace",
    "forget_past",
    "move_stage",
    "permitted_model",
    "permitted_namespace",
    "permitted_version",
    "stage_holders",
]
