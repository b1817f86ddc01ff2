"""What other domains do with the catalog in transactions of theirs."""

from modelkeep.domains.catalog.operations.erasing import forget_past, ids_of_models, ids_of_versions
from modelkeep.domains.catalog.operations.held import held_versions, newest_versions, stage_counts
from modelkeep.domains.catalog.operations.permitted import (
    find_namespace,
    permitted_model,
    permitted_namespace,
    permitted_version,
)
from modelkeep.domains.catalog.operations.reading import (
    find_holder,
    measured_at,
    model_named,
    models_by_id,
    trained_on_where,
)
from modelkeep.domains.catalog.operations.stage_names import register_stage_names
from modelkeep.domains.catalog.operations.stages import (
    held_since,
    last_stage_holders,
    lock_model,
    move_stage,
    next_moment,
    stage_holders,
    stage_holders_at,
    stage_holdings,
    version_by_id,
)

__all__ = [
    "find_holder",
    "find_namespace",
    "forget_past",
    "held_since",
    "held_versions",
    "ids_of_models",
    "ids_of_versions",
    "last_stage_holders",
    "lock_model",
    "measured_at",
    "model_named",
    "models_by_id",
    "move_stage",
    "newest_versions",
    "next_moment",
    "permitted_model",
    "permitted_namespace",
    "permitted_version",
    "register_stage_names",
    "stage_counts",
    "stage_holders",
    "stage_holders_at",
    "stage_holdings",
    "trained_on_where",
    "version_by_id",
]
