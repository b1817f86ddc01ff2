"""Who held which stage, as intervals, within one transaction."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, exists, func, select

from modelkeep.domains.catalog.domain.aliases import StageInterval
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.repository.facts import AT, holds
from modelkeep.domains.catalog.repository.past_facts import versions_at
from modelkeep.domains.catalog.repository.version_queries import VERSIONS, VERSIONS_AT
from modelkeep.domains.catalog.repository.versions import build_version
from modelkeep.domains.catalog.tables import STAGE, VERSION
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import Transaction, UtcDateTime

_HOLDERS_AT: Final = (
    VERSIONS_AT.join(STAGE, STAGE.c.version_id == VERSION.c.id)
    .where(STAGE.c.model_id == bindparam("model_id"), STAGE.c.stage == bindparam("wanted"), holds(STAGE, AT))
    .order_by(STAGE.c.since.desc(), VERSION.c.id.desc())
)
_HELD_SINCE: Final = select(STAGE.c.since).where(STAGE.c.version_id == bindparam("version_id"), STAGE.c.until.is_(None))
_TAKEN_LAST: Final = (
    select(STAGE.c.model_id, func.max(STAGE.c.since, type_=UtcDateTime).label("since"))
    .join(VERSION, VERSION.c.id == STAGE.c.version_id)
    .where(
        STAGE.c.model_id.in_(bindparam("model_ids", expanding=True)),
        STAGE.c.stage == bindparam("wanted"),
        STAGE.c.until.is_(None),
        VERSION.c.deleted_at.is_(None),
    )
    .group_by(STAGE.c.model_id)
    .subquery()
)
_LAST_HOLDERS: Final = VERSIONS.join(STAGE, STAGE.c.version_id == VERSION.c.id).join(
    _TAKEN_LAST,
    (_TAKEN_LAST.c.model_id == STAGE.c.model_id)
    & (_TAKEN_LAST.c.since == STAGE.c.since)
    & (STAGE.c.stage == bindparam("wanted"))
    & STAGE.c.until.is_(None),
)

_MOST: Final = 1_000
_HOLDINGS: Final = (
    select(STAGE.c.since, STAGE.c.set_by, STAGE.c.until, STAGE.c.ended_by)
    .where(STAGE.c.version_id == bindparam("version_id"), STAGE.c.stage == bindparam("wanted"))
    .order_by(STAGE.c.since.desc())
    .limit(_MOST)
)


_EARLIER: Final = STAGE.alias()
_MOVED: Final = (
    STAGE.c.model_id == bindparam("model_id"),
    exists().where(_EARLIER.c.version_id == STAGE.c.version_id, _EARLIER.c.since < STAGE.c.since),
)
_MOVED_FIRST: Final = select(func.min(STAGE.c.since, type_=UtcDateTime())).where(*_MOVED)
_MOVED_LAST: Final = (
    select(STAGE.c.version_id, STAGE.c.since)
    .where(*_MOVED, STAGE.c.until.is_(None))
    .order_by(STAGE.c.since.desc(), STAGE.c.version_id.desc())
    .limit(1)
)


class StageRepository:
    """Stages within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def last_holders(self, model_ids: Collection[str], stage: str) -> Mapping[str, ModelVersion]:
        """Return by the id of the model the live version that took a stage last and holds it."""
        rows = self._session.execute(_LAST_HOLDERS, {"model_ids": tuple(model_ids), "wanted": stage})
        return {version.model_id: version for version in map(build_version, rows)}

    def holders_at(self, model_id: str, stage: str, at: datetime) -> tuple[ModelVersion, ...]:
        """Return the versions that held a stage at a time, as they were then; who took it last comes first."""
        rows = self._session.execute(_HOLDERS_AT, {"model_id": model_id, "wanted": stage, "at": at})
        return versions_at(self._session, [build_version(row) for row in rows], at)

    def holdings(self, version: ModelVersion, stage: str) -> tuple[StageInterval, ...]:
        """Return the last 1,000 times that a version held a stage, the newest first."""
        return tuple(
            StageInterval(
                version.id,
                version.number,
                version.version,
                stage,
                row.since,
                PrincipalId(row.set_by),
                row.until,
                None if row.ended_by is None else PrincipalId(row.ended_by),
            )
            for row in self._session.execute(_HOLDINGS, {"version_id": version.id, "wanted": stage})
        )

    def moved_last(self, model_id: str, version_id: str | None = None) -> tuple[str, datetime] | None:
        """Return which version of a model has moved last from stage to stage, and when; or when the one has.

        Versions that were never anywhere but in their first stage have not.
        """
        query = _MOVED_LAST if version_id is None else _MOVED_LAST.where(STAGE.c.version_id == version_id)
        row = self._session.execute(query, {"model_id": model_id}).one_or_none()
        return None if row is None else (row.version_id, row.since)

    def moved_first(self, model_id: str, version_id: str | None = None) -> datetime | None:
        """Return when a version of a model, or the one, moved from its first stage; None if none ever did."""
        query = _MOVED_FIRST if version_id is None else _MOVED_FIRST.where(STAGE.c.version_id == version_id)
        at: datetime | None = self._session.scalars(query, {"model_id": model_id}).one()
        return at

    def held_since(self, version_id: str) -> datetime:
        """Return since when a version has held its stage."""
        since: datetime = self._session.scalars(_HELD_SINCE, {"version_id": version_id}).one()
        return since
