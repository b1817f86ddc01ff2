"""What other domains do with the catalog in transactions of theirs."""

from modelkeep.domains.catalog.operations.erasing import forget_past
from modelkeep.domains.catalog.operations.permitted import (
    find_namespace,
    permitted_model,
    permitted_namespace,
    permitted_version,
)
from modelkeep.domains.catalog.operations.reading import find_holder, measured_at, model_named
from modelkeep.domains.catalog.operations.stage_names import register_stage_names
from modelkeep.domains.catalog.operations.stages import move_stage, stage_holders

__all__ = [
    "find_holder",
    "find_namespace",
    "forget_past",
    "measured_at",
    "model_named",
    "move_stage",
    "permitted_model",
    "permitted_namespace",
    "permitted_version",
    "register_stage_names",
    "stage_holders",
]
