"""Which names are those of stages: the catalog keeps aliases from having them, whatever the policies are."""

from collections.abc import Collection

from modelkeep.domains.catalog.repository.stage_names import StageNameRepository
from modelkeep.platform.database import Transaction


def register_stage_names(tx: Transaction, names: Collection[str]) -> tuple[str, ...]:
    """Keep aliases from being called like these stages from now on, for ever and whatever the case of their letters.

    Return some of the aliases that are called so already; nothing is registered then. The caller records the event.
    """
    return StageNameRepository(tx).add(names)
