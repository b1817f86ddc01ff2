"""Versions within one transaction."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.orm import aliased

from modelkeep.domains.catalog.domain.errors import VersionNotFoundError
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.repository.fields import index_version
from modelkeep.domains.catalog.repository.records import from_document, to_document
from modelkeep.domains.catalog.tables import AliasRow, ModelRow, StageRow, VersionRow
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.references import (
    Alias,
    ByDigest,
    Exact,
    Matching,
    ModelName,
    Number,
    Reference,
    Selector,
)
from modelkeep.kernel.semver import Range, Version
from modelkeep.platform.database import AnyRow, AnySelect, Transaction

_SCANNED = 200  # versions looked at in one go when a range is matched

_POINTING = aliased(AliasRow)  # apart from the AliasRow that a query may join

LATEST = "latest"


class VersionRepository:
    """Versions within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def get(
        self, model: ModelName, selector: Selector | None, *, seen: int | None = None, deleted: bool = False
    ) -> ModelVersion:
        """Return the live version a selector means now; see `resolve`. `deleted` asks for a deleted one instead."""
        found = self.resolve(Reference(None, model.namespace, model.name, selector, None), deleted=deleted)
        if seen not in (None, found.revision):
            raise _stale(found)
        return found

    def resolve(self, reference: Reference, *, deleted: bool = False) -> ModelVersion:
        """Return the version a reference means, now or at its `as_of`.

        Raises:
            VersionNotFoundError: no version answers to it.
        """
        name = ModelName(reference.namespace, reference.model)
        query = select_versions().where(ModelRow.name == str(name), ModelRow.deleted_at.is_(None))
        state = VersionRow.deleted_at.is_not(None) if deleted else _alive_at(reference.as_of)
        row = self._choose(query.where(state), reference)
        if row is None:
            raise VersionNotFoundError(
                f"no {'deleted ' if deleted else ''}version answers to {reference}; "
                f"'modelkeep versions {name}' lists what there is",
                reference=str(reference),
            )
        return build_version(row)

    def _choose(self, query: AnySelect, reference: Reference) -> AnyRow | None:
        selector, at = reference.selector, reference.as_of
        if isinstance(selector, Matching):
            return self._newest_matching(query, selector.range)
        if isinstance(selector, Alias) and selector.name != LATEST:
            return self._by_alias(query, selector.name, at) or self._by_stage(query, selector.name, at)
        return self._session.execute(_narrowed(query, selector).limit(1)).one_or_none()

    def _by_alias(self, query: AnySelect, name: str, at: datetime | None) -> AnyRow | None:
        interval = query.join(AliasRow, AliasRow.version_id == VersionRow.id).where(AliasRow.name == name)
        return self._session.execute(_during(interval, AliasRow.since, AliasRow.until, at).limit(1)).one_or_none()

    def _by_stage(self, query: AnySelect, name: str, at: datetime | None) -> AnyRow | None:
        """Return who holds a stage; where several may, the one that has taken it last."""
        interval = query.join(StageRow, StageRow.version_id == VersionRow.id).where(
            StageRow.model_id == VersionRow.model_id, StageRow.stage == name.capitalize()
        )
        newest = _during(interval, StageRow.since, StageRow.until, at).order_by(StageRow.since.desc())
        return self._session.execute(newest.limit(1)).one_or_none()

    def _newest_matching(self, query: AnySelect, wanted: Range) -> AnyRow | None:
        for row in self._by_precedence(query.where(in_range(wanted))):
            if wanted.allows(Version.parse(row.version)):
                return row
        return None

    def _by_precedence(self, query: AnySelect) -> Iterator[AnyRow]:
        ordered = query.order_by(VersionRow.precedence.desc(), VersionRow.id.desc())
        offset = 0
        while rows := self._session.execute(ordered.limit(_SCANNED).offset(offset)).all():
            yield from rows
            offset += len(rows)

    def highest(self, model_id: str) -> ModelVersion | None:
        """Return the version of a model with the highest precedence, deleted ones included: none is given twice."""
        row = self._session.execute(
            select_versions()
            .where(VersionRow.model_id == model_id)
            .order_by(VersionRow.precedence.desc(), VersionRow.id.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else build_version(row)

    def find_taken(self, model_id: str, version: Version) -> ModelVersion | None:
        """Return the version of a model that has this semantic version, deleted or not."""
        row = self._session.execute(
            select_versions().where(VersionRow.model_id == model_id, VersionRow.version == str(version))
        ).one_or_none()
        return None if row is None else build_version(row)

    def add(self, version: ModelVersion) -> None:
        """Store a new version and its first stage."""
        values = _values(version) | {
            "id": version.id,
            "model_id": version.model_id,
            "number": version.number,
            "version": str(version.version),
            "precedence": version.version.precedence_key,
            "prerelease": bool(version.version.prerelease),
            "manifest_digest": str(version.manifest_digest),
            "file_count": version.file_count,
            "total_size": version.total_size,
            "created_at": version.created_at,
            "created_by": version.created_by,
        }
        self._session.execute(insert(VersionRow).values(values))
        index_version(self._session, version.id, version.record, fresh=True)
        stage = {
            "version_id": version.id,
            "since": version.created_at,
            "model_id": version.model_id,
            "stage": version.stage,
            "set_by": version.created_by,
        }
        self._session.execute(insert(StageRow).values(stage))

    def save(self, version: ModelVersion) -> None:
        """Store a changed version, unless another transaction has stored one meanwhile."""
        saved = self._session.execute(
            update(VersionRow)
            .where(VersionRow.id == version.id, VersionRow.revision == version.revision - 1)
            .values(_values(version))
            .returning(VersionRow.id)
        )
        if saved.one_or_none() is None:
            raise _stale(version)
        index_version(self._session, version.id, version.record)


def select_versions() -> AnySelect:
    """Return the query of whole versions, their aliases included: one statement for any number of them."""
    aliases = (
        select(func.aggregate_strings(_POINTING.name, "\n"))
        .where(_POINTING.version_id == VersionRow.id, _POINTING.until.is_(None))
        .correlate(VersionRow)
        .scalar_subquery()
        .label("aliases")
    )
    return select(
        VersionRow.id,
        VersionRow.model_id,
        ModelRow.name.label("model"),
        VersionRow.number,
        VersionRow.version,
        VersionRow.stage,
        VersionRow.manifest_digest,
        VersionRow.file_count,
        VersionRow.total_size,
        VersionRow.record,
        aliases,
        VersionRow.created_at,
        VersionRow.created_by,
        VersionRow.changed_at,
        VersionRow.changed_by,
        VersionRow.deleted_at,
        VersionRow.revision,
    ).join(ModelRow, ModelRow.id == VersionRow.model_id)


def in_range(wanted: Range) -> ColumnElement[bool]:
    """Return a condition on the precedence index that every version of the range fulfils, and few others."""
    condition: ColumnElement[bool] | None = None
    for interval in wanted.intervals():
        part = VersionRow.precedence >= (interval.lower_key or "")
        if interval.upper_key is not None:
            part &= VersionRow.precedence <= interval.upper_key
        if not interval.allows_prerelease:
            part &= VersionRow.prerelease.is_(False)
        condition = part if condition is None else condition | part
    return VersionRow.id.is_(None) if condition is None else condition


def build_version(row: AnyRow) -> ModelVersion:
    """Return the version in a row of `select_versions`."""
    return ModelVersion(
        id=row.id,
        model_id=row.model_id,
        model=ModelName.parse(row.model),
        number=row.number,
        version=Version.parse(row.version),
        stage=row.stage,
        manifest_digest=Digest.parse(row.manifest_digest),
        file_count=row.file_count,
        total_size=row.total_size,
        record=from_document(row.record),
        aliases=tuple(sorted(row.aliases.split("\n"))) if row.aliases else (),
        created_at=row.created_at,
        created_by=PrincipalId(row.created_by),
        changed_at=row.changed_at,
        changed_by=PrincipalId(row.changed_by),
        deleted_at=row.deleted_at,
        revision=row.revision,
    )


def _narrowed(query: AnySelect, selector: Selector | None) -> AnySelect:
    """Return the query for a selector that one condition settles; no selector means the newest release."""
    if isinstance(selector, Exact):
        return query.where(VersionRow.version == str(selector.version))
    if isinstance(selector, Number):
        return query.where(VersionRow.number == selector.n)
    if isinstance(selector, ByDigest):
        by_content = query.where(VersionRow.manifest_digest == str(selector.digest))
        return by_content.order_by(VersionRow.number.desc())
    return query.order_by(VersionRow.number.desc())


def _alive_at(at: datetime | None) -> ColumnElement[bool]:
    if at is None:
        return VersionRow.deleted_at.is_(None)
    return (VersionRow.created_at <= at) & (VersionRow.deleted_at.is_(None) | (VersionRow.deleted_at > at))


def _during(query: AnySelect, since: Any, until: Any, at: datetime | None) -> AnySelect:  # noqa: ANN401 - columns
    if at is None:
        return query.where(until.is_(None))
    return query.where(since <= at, until.is_(None) | (until > at))


def _values(version: ModelVersion) -> dict[str, object]:
    return {
        "stage": version.stage,
        "record": to_document(version.record),
        "changed_at": version.changed_at,
        "changed_by": version.changed_by,
        "deleted_at": version.deleted_at,
        "revision": version.revision,
    }


def _stale(version: ModelVersion) -> StaleRevisionError:
    return StaleRevisionError(
        f"version {version.reference} has changed meanwhile; read it again and retry", reference=version.reference
    )
