"""What versions there are in a part of the registry, and which stages they hold."""

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import func, or_, select, true

from modelkeep.domains.access import Values
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.repository.permits import MODEL_PERMITTED
from modelkeep.domains.catalog.repository.version_queries import VERSIONS
from modelkeep.domains.catalog.repository.versions import build_version
from modelkeep.domains.catalog.tables import MODEL, VERSION
from modelkeep.platform.database import Transaction
from modelkeep.platform.database.criteria import Criterion

_LIVE: Final = VERSION.c.deleted_at.is_(None) & MODEL.c.deleted_at.is_(None)


class HeldStages:
    """Stages that live versions hold now, in a namespace or a model, or for None in the whole registry.

    What lies in the scopes of `without`, names of namespaces and models, is left out.
    """

    def __init__(self, tx: Transaction, within: str | None, without: Collection[str]) -> None:
        """Work with the transaction's session."""
        self._session = tx.session
        named = true() if within is None else or_(MODEL.c.namespace == within, MODEL.c.name == within)
        self._there: Criterion = (
            _LIVE & named & MODEL.c.namespace.not_in(tuple(without)) & MODEL.c.name.not_in(tuple(without))
        )

    def counts(self) -> Mapping[str, int]:
        """Return how many versions hold each stage."""
        query = (
            select(VERSION.c.stage, func.count().label("held"))
            .join(MODEL, MODEL.c.id == VERSION.c.model_id)
            .where(self._there)
            .group_by(VERSION.c.stage)
            .order_by(VERSION.c.stage)
        )
        return {row.stage: row.held for row in self._session.execute(query)}

    def newest(self, limit: int, values: Values) -> tuple[ModelVersion, ...]:
        """Return the newest of them on which the actor in the values may."""
        query = VERSIONS.where(self._there, MODEL_PERMITTED).order_by(VERSION.c.id.desc()).limit(limit)
        return tuple(map(build_version, self._session.execute(query, dict(values))))

    def versions(self, stages: Collection[str], limit: int) -> tuple[ModelVersion, ...]:
        """Return the first of those that hold one of the stages, by model and number."""
        query = VERSIONS.where(self._there, VERSION.c.stage.in_(tuple(stages)))
        found = self._session.execute(query.order_by(MODEL.c.name, VERSION.c.number).limit(limit))
        return tuple(build_version(row) for row in found)
