"""What other domains read of the catalog in transactions of theirs, once they know that it may be read."""

from collections.abc import Collection, Mapping
from datetime import datetime

from modelkeep.domains.catalog.domain.models import Model
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.repository import ModelRepository, VersionRepository
from modelkeep.domains.catalog.repository.fields import trained_on
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Transaction
from modelkeep.platform.database.criteria import Column, Criterion


def model_named(tx: Transaction, name: ModelName) -> Model:
    """Return a model, deleted or not, whoever may see it.

    Raises:
        ModelNotFoundError: there is none.
    """
    return ModelRepository(tx).known(name)


def models_by_id(tx: Transaction, ids: Collection[str]) -> Mapping[str, Model]:
    """Return models by their ids, deleted or not, whoever may see them: one query for any number."""
    return {model.id: model for model in ModelRepository(tx).of_ids(ids)}


def find_holder(tx: Transaction, model: ModelName, held: str) -> ModelVersion | None:
    """Return the version that an alias points to now, or that holds a stage of this name; the last one, if several."""
    return VersionRepository(tx).find_holder(model, held)


def trained_on_where(*, version: Column, reference: str) -> Criterion:
    """Return the condition that the version of a query's row was trained on the data with this URI or digest."""
    return trained_on(version, reference)


def measured_at(tx: Transaction, version_id: str) -> datetime | None:
    """Return when a measurement of a version was last logged, of those that it has now; None if it has none."""
    return VersionRepository(tx).measured_at(version_id)
