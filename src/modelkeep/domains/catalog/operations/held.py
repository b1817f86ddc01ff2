"""Which stages are held in a part of the registry, for who would change what governs it."""

from collections.abc import Collection, Mapping

from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.repository.held import HeldStages
from modelkeep.platform.database import Transaction


def stage_counts(tx: Transaction, within: str | None, without: Collection[str]) -> Mapping[str, int]:
    """Return how many live versions hold each stage; see `HeldStages` for where."""
    return HeldStages(tx, within, without).counts()


def held_versions(
    tx: Transaction, within: str | None, without: Collection[str], stages: Collection[str], limit: int
) -> tuple[ModelVersion, ...]:
    """Return the first live versions that hold one of the stages, by model and number."""
    return HeldStages(tx, within, without).versions(stages, limit)
