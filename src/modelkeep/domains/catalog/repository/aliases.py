"""Aliases and stages as intervals, within one transaction."""

from datetime import datetime

from sqlalchemy import func, insert, select, update

from modelkeep.domains.catalog.domain.aliases import AliasInterval, StageInterval
from modelkeep.domains.catalog.domain.errors import AliasNotFoundError
from modelkeep.domains.catalog.domain.models import Model
from modelkeep.domains.catalog.domain.versions import ARCHIVED
from modelkeep.domains.catalog.repository.intervals import as_known, begun, in_force
from modelkeep.domains.catalog.tables import ALIAS, STAGE, VERSION
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.semver import Version
from modelkeep.platform.database import AnyRow, AnySelect, Transaction
from modelkeep.platform.database.lists import BoundSelect, OrderKey, fetch_page


class AliasRepository:
    """The aliases of models, and the stages of versions, with their history."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def get(self, model: Model, name: str, at: datetime | None = None) -> AliasInterval:
        """Return what an alias points to now, or pointed to at a time.

        Raises:
            AliasNotFoundError: the model has no such alias now, or had none then.
        """
        found = self.find(model.id, name, at)
        if found is None and at is not None:
            raise AliasNotFoundError(
                f"{model.name} had no alias {name!r} then; see 'modelkeep alias history {model.name}@{name}'",
                alias=name,
            )
        if found is None:
            raise AliasNotFoundError(
                f"{model.name} has no alias {name!r}; 'modelkeep show {model.name}' lists those it has", alias=name
            )
        return found

    def find(self, model_id: str, name: str, at: datetime | None = None) -> AliasInterval | None:
        """Return what an alias points to now, or pointed to at a time; or None."""
        row = self._session.execute(
            _aliases().where(ALIAS.c.model_id == model_id, ALIAS.c.name == name, in_force(ALIAS, at)), {"at": at}
        ).one_or_none()
        return None if row is None else as_known(_alias(row), at)

    def of_version(self, version_id: str) -> tuple[str, ...]:
        """Return the aliases that point to a version now."""
        rows = self._session.scalars(
            select(ALIAS.c.name).where(ALIAS.c.version_id == version_id, ALIAS.c.until.is_(None)).order_by(ALIAS.c.name)
        )
        return tuple(rows)

    def left_at(self, version_id: str) -> datetime | None:
        """Return when the last alias left a version; None if none ever did."""
        at: datetime | None = self._session.scalars(
            select(func.max(ALIAS.c.until)).where(ALIAS.c.version_id == version_id)
        ).one()
        return at

    def of_model(self, model_id: str, limit: int) -> tuple[str, ...]:
        """Return some of the aliases that a model has now."""
        rows = self._session.scalars(
            select(ALIAS.c.name)
            .where(ALIAS.c.model_id == model_id, ALIAS.c.until.is_(None))
            .order_by(ALIAS.c.name)
            .limit(limit)
        )
        return tuple(rows)

    def staged(self, model_id: str, limit: int, *, version_id: str | None = None) -> tuple[str, ...]:
        """Return some versions of a model, or the one, that were moved to a stage and hold it: not an archived one."""
        first = STAGE.alias()
        begun_in = (
            select(first.c.stage).where(first.c.version_id == STAGE.c.version_id).order_by(first.c.since).limit(1)
        ).scalar_subquery()
        query = (
            select(VERSION.c.version)
            .join(STAGE, STAGE.c.version_id == VERSION.c.id)
            .where(
                STAGE.c.model_id == model_id,
                STAGE.c.until.is_(None),
                STAGE.c.stage != ARCHIVED,
                STAGE.c.stage != begun_in,
                VERSION.c.deleted_at.is_(None),
            )
        )
        if version_id is not None:
            query = query.where(VERSION.c.id == version_id)
        return tuple(self._session.scalars(query.order_by(VERSION.c.number).limit(limit)))

    def last_change(self, model_id: str, name: str) -> tuple[int, datetime | None]:
        """Return the revision an alias has or had last, 0 if it never was, and when it was moved or removed last."""
        revision, at = self._session.execute(
            select(
                func.coalesce(func.max(ALIAS.c.revision), 0), func.max(func.coalesce(ALIAS.c.until, ALIAS.c.since))
            ).where(ALIAS.c.model_id == model_id, ALIAS.c.name == name)
        ).one()
        return revision, at

    def begin(self, model_id: str, interval: AliasInterval) -> None:
        """Point an alias to a version from now on; the interval before must have ended."""
        values = {
            "model_id": model_id,
            "name": interval.name,
            "since": interval.since,
            "version_id": interval.version_id,
            "revision": interval.revision,
            "set_by": interval.set_by,
        }
        self._session.execute(insert(ALIAS), values)

    def end(self, model_id: str, name: str, by: PrincipalId, at: datetime) -> None:
        """End what an alias points to now."""
        self._session.execute(
            update(ALIAS)
            .where(ALIAS.c.model_id == model_id, ALIAS.c.name == name, ALIAS.c.until.is_(None))
            .values(until=at, ended_by=by)
        )

    def list(self, model_id: str, request: PageRequest, at: datetime | None = None) -> Page[AliasInterval]:
        """Return one page of the aliases a model has now, or had at a time, by name."""
        key = OrderKey(ALIAS.c.name, str)
        return fetch_page(
            self._session,
            BoundSelect(
                _aliases()
                .add_columns(ALIAS.c.name, ALIAS.c.version_id)
                .where(ALIAS.c.model_id == model_id, in_force(ALIAS, at)),
                {"at": at},
            ),
            request=request,
            scope=f"aliases {model_id} {at}",
            order=(key, ALIAS.c.version_id, False),
            build=lambda row: as_known(_alias(row), at),
        )

    def history(
        self, model_id: str, name: str, request: PageRequest, at: datetime | None = None
    ) -> Page[AliasInterval]:
        """Return one page of what an alias pointed to, newest first; at a time, as far as it was known then."""
        key = OrderKey(ALIAS.c.since, datetime)
        return fetch_page(
            self._session,
            BoundSelect(
                _aliases()
                .add_columns(ALIAS.c.since, ALIAS.c.version_id)
                .where(ALIAS.c.model_id == model_id, ALIAS.c.name == name, begun(ALIAS, at)),
                {"at": at},
            ),
            request=request,
            scope=f"alias history {model_id} {name} {at}",
            order=(key, ALIAS.c.version_id, True),
            build=lambda row: as_known(_alias(row), at),
        )

    def stages(self, model_id: str, request: PageRequest, at: datetime | None = None) -> Page[StageInterval]:
        """Return one page of the stages that a model's versions held, newest first; at a time, as known then."""
        key = OrderKey(STAGE.c.since, datetime)
        query = (
            select(
                STAGE.c.version_id,
                VERSION.c.number,
                VERSION.c.version,
                STAGE.c.stage,
                STAGE.c.since,
                STAGE.c.set_by,
                STAGE.c.until,
                STAGE.c.ended_by,
                STAGE.c.since.label("place"),
                STAGE.c.version_id.label("identity"),
            )
            .join(VERSION, VERSION.c.id == STAGE.c.version_id)
            .where(STAGE.c.model_id == model_id, begun(STAGE, at))
        )
        return fetch_page(
            self._session,
            BoundSelect(query, {"at": at}),
            request=request,
            scope=f"stages {model_id} {at}",
            order=(key, STAGE.c.version_id, True),
            build=lambda row: as_known(_stage(row), at),
        )


def _aliases() -> AnySelect:
    return select(
        ALIAS.c.name,
        ALIAS.c.version_id,
        VERSION.c.number,
        VERSION.c.version,
        ALIAS.c.since,
        ALIAS.c.set_by,
        ALIAS.c.revision,
        ALIAS.c.until,
        ALIAS.c.ended_by,
    ).join(VERSION, VERSION.c.id == ALIAS.c.version_id)


def _alias(row: AnyRow) -> AliasInterval:
    name, version_id, number, version, since, set_by, revision, until, ended_by = row[:9]
    by, ended = PrincipalId(set_by), None if ended_by is None else PrincipalId(ended_by)
    return AliasInterval(name, version_id, number, Version.parse(version), since, by, revision, until, ended)


def _stage(row: AnyRow) -> StageInterval:
    version_id, number, version, stage, since, set_by, until, ended_by = row[:8]
    by = None if ended_by is None else PrincipalId(ended_by)
    return StageInterval(version_id, number, Version.parse(version), stage, since, PrincipalId(set_by), until, by)
