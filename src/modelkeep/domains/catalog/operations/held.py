"""What there is in a part of the registry and which stages are held, for who would change what governs it."""

from collections.abc import Collection, Mapping

from modelkeep.domains.access import Values
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


def newest_versions(
    tx: Transaction, within: str | None, without: Collection[str], limit: int, values: Values
) -> tuple[ModelVersion, ...]:
    """Return the newest live versions on which the actor in the values may, whatever stage they hold."""
    return HeldStages(tx, within, without).newest(limit, values)
