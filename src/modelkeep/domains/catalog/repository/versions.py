"""Versions within one transaction."""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import bindparam, func, insert, select, update

from modelkeep.domains.catalog.domain.errors import no_such_version
from modelkeep.domains.catalog.domain.moments import Change
from modelkeep.domains.catalog.domain.versions import ModelVersion, Standing
from modelkeep.domains.catalog.repository.facts import version_facts, write_facts
from modelkeep.domains.catalog.repository.fields import index_version
from modelkeep.domains.catalog.repository.past_facts import versions_at
from modelkeep.domains.catalog.repository.records import (
    deprecation_document,
    from_document,
    read_deprecation,
    to_document,
)
from modelkeep.domains.catalog.repository.version_queries import (
    BELOW,
    BY_ID,
    HIGHEST,
    TAKEN,
    VERSIONS,
    State,
    by_alias,
    by_column,
    by_stage,
    in_range,
    of_model,
)
from modelkeep.domains.catalog.tables import FACT, STAGE, VERSION
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError, StaleRevisionError
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
from modelkeep.kernel.semver import Version
from modelkeep.platform.database import AnyRow, AnySelect, Transaction, UtcDateTime

LATEST = "latest"
_ABOVE_ALL: Final = "\U0010ffff"
"""A precedence that no version has."""

Bound = dict[str, Any]

_model_name = lru_cache(maxsize=10_000)(ModelName.parse)  # rows repeat them, and each is parsed strictly
_version = lru_cache(maxsize=10_000)(Version.parse)
_digest = lru_cache(maxsize=10_000)(Digest.parse)

_ADD: Final = insert(VERSION)
_BEGIN_STAGE: Final = insert(STAGE)
_END_STAGE: Final = (
    update(STAGE)
    .where(STAGE.c.version_id == bindparam("of_version"), STAGE.c.until.is_(None))
    .values(until=bindparam("ended_at"), ended_by=bindparam("ender"))
)
_SAVE: Final = (
    update(VERSION)
    .where(VERSION.c.id == bindparam("saved_id"), VERSION.c.revision == bindparam("seen"))
    .returning(VERSION.c.id)
)
_MEASURED: Final = select(func.max(FACT.c.since, type_=UtcDateTime)).where(
    FACT.c.subject_id == bindparam("measured_id"), FACT.c.field == "version.metric", FACT.c.until.is_(None)
)


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
            InvalidValueError: the reference names a peer, and none is configured.
            VersionNotFoundError: no version answers to it.
        """
        refuse_peer(reference)
        name = ModelName(reference.namespace, reference.model)
        state = State.DELETED if deleted else State.LIVE if reference.as_of is None else State.PAST
        row = self._choose(reference.selector, state, {"model": str(name), "at": reference.as_of})
        if row is None:
            raise no_such_version(reference, deleted=deleted)
        found = build_version(row)
        if "found_by" in row._fields:
            by = PrincipalId(row.found_set_by)
            standing = Standing(row.found_by, row.found_since, by, is_stage=row.found_by == row.stage)
            found = replace(found, found_by=standing)
        return found if reference.as_of is None else versions_at(self._session, [found], reference.as_of)[0]

    def _choose(self, selector: Selector | None, state: State, bound: Bound) -> AnyRow | None:
        if isinstance(selector, Matching):
            matching = of_model(state).where(in_range(selector.range))
            return self._one(matching.order_by(VERSION.c.precedence.desc(), VERSION.c.id.desc()).limit(1), bound)
        if isinstance(selector, Alias) and selector.name != LATEST:
            holder = self._one(by_alias(state), bound | {"wanted": selector.name})
            return holder or self._one(by_stage(state), bound | {"wanted": selector.name.capitalize()})
        column, wanted = _narrowing(selector)
        return self._one(by_column(column, state), bound | {"wanted": wanted})

    def find_holder(self, model: ModelName, held: str) -> ModelVersion | None:
        """Return the version that an alias points to now, or else the one that took a stage of this name last."""
        bound = {"model": str(model), "wanted": held}
        row = self._one(by_alias(State.LIVE), bound) or self._one(by_stage(State.LIVE), bound)
        if row is None and held != held.capitalize():
            row = self._one(by_stage(State.LIVE), bound | {"wanted": held.capitalize()})
        return None if row is None else build_version(row)

    def measured_at(self, version_id: str) -> datetime | None:
        """Return when the newest of the measurements that a version has now was logged; None if it has none."""
        at: datetime | None = self._session.execute(_MEASURED, {"measured_id": version_id}).scalar_one()
        return at

    def by_id(self, version_id: str) -> ModelVersion:
        """Return the version with an id, deleted or not."""
        return build_version(self._session.execute(BY_ID, {"version_id": version_id}).one())

    def highest(self, model_id: str) -> ModelVersion | None:
        """Return the version of a model with the highest precedence, deleted ones included: none is given twice."""
        row = self._one(HIGHEST, {"model_id": model_id})
        return None if row is None else build_version(row)

    def release_below(self, model_id: str, version: Version | None) -> ModelVersion | None:
        """Return the highest release of a model, or the highest below a version; deleted ones included."""
        below = _ABOVE_ALL if version is None else version.precedence_key
        row = self._one(BELOW, {"model_id": model_id, "below": below})
        return None if row is None else build_version(row)

    def find_taken(self, model_id: str, version: Version) -> ModelVersion | None:
        """Return the version of a model that has this semantic version, deleted or not."""
        row = self._one(TAKEN, {"model_id": model_id, "wanted": str(version)})
        return None if row is None else build_version(row)

    def _one(self, query: AnySelect, bound: Bound) -> AnyRow | None:
        return self._session.execute(query, bound).one_or_none()

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
        self._session.execute(_ADD, values)
        index_version(self._session, version.id, version.record, fresh=True)
        made = Change(version.created_at, version.created_by)
        write_facts(self._session, version.id, made, before={}, after=version_facts(version))
        self._begin_stage(version)

    def save(self, version: ModelVersion, *, before: ModelVersion) -> None:
        """Store a changed version and what was so until now, unless another transaction has stored one meanwhile."""
        seen = {"saved_id": version.id, "seen": version.revision - 1}
        saved = self._session.execute(_SAVE, _values(version) | seen)
        if saved.one_or_none() is None:
            raise _stale(version)
        if version.record != before.record:
            index_version(self._session, version.id, version.record)
        change = Change(version.changed_at, version.changed_by)
        write_facts(self._session, version.id, change, before=version_facts(before), after=version_facts(version))
        if version.stage != before.stage:
            ended = {"of_version": version.id, "ended_at": change.at, "ender": change.by}
            self._session.execute(_END_STAGE, ended)
            self._begin_stage(version)

    def holders(self, model_id: str, stage: str) -> tuple[ModelVersion, ...]:
        """Return the live versions of a model that hold a stage now, in the order of their numbers."""
        query = VERSIONS.where(VERSION.c.model_id == model_id, VERSION.c.stage == stage, VERSION.c.deleted_at.is_(None))
        return tuple(build_version(row) for row in self._session.execute(query.order_by(VERSION.c.number)))

    def is_quarantined(self, version_id: str) -> bool:
        """Say whether a version is in quarantine now."""
        query = select(VERSION.c.quarantined_at.is_not(None)).where(VERSION.c.id == version_id)
        return bool(self._session.execute(query).scalar_one())

    def _begin_stage(self, version: ModelVersion) -> None:
        stage = {
            "version_id": version.id,
            "since": version.changed_at,
            "model_id": version.model_id,
            "stage": version.stage,
            "set_by": version.changed_by,
        }
        self._session.execute(_BEGIN_STAGE, stage)


def refuse_peer(reference: Reference) -> None:
    """Refuse a reference to another registry.

    Raises:
        InvalidValueError: it names a peer, and none is configured.
    """
    if reference.peer is not None:
        raise InvalidValueError(f"no peer {reference.peer!r} is configured; leave out '{reference.peer}::'")


def build_version(row: AnyRow) -> ModelVersion:
    """Return the version in a row of `VERSIONS`."""
    aliases: str | None = row.aliases
    return ModelVersion(
        id=row.id,
        model_id=row.model_id,
        model=_model_name(row.model),
        number=row.number,
        version=_version(row.version),
        stage=row.stage,
        manifest_digest=_digest(row.manifest_digest),
        file_count=row.file_count,
        total_size=row.total_size,
        record=from_document(row.record),
        aliases=tuple(sorted(aliases.split("\n"))) if aliases else (),
        created_at=row.created_at,
        created_by=PrincipalId(row.created_by),
        changed_at=row.changed_at,
        changed_by=PrincipalId(row.changed_by),
        deleted_at=row.deleted_at,
        quarantined_at=row.quarantined_at,
        deprecation=read_deprecation(row.deprecation),
        revision=row.revision,
    )


def _narrowing(selector: Selector | None) -> tuple[str | None, str | int | None]:
    """Return the column that a selector of one condition compares, and the value; no column means the newest."""
    match selector:
        case Exact(version):
            return "version", str(version)
        case Number(number):
            return "number", number
        case ByDigest(digest):
            return "manifest_digest", str(digest)
        case _:
            return None, None


def _values(version: ModelVersion) -> Bound:
    return {
        "stage": version.stage,
        "record": to_document(version.record),
        "changed_at": version.changed_at,
        "changed_by": version.changed_by,
        "deleted_at": version.deleted_at,
        "quarantined_at": version.quarantined_at,
        "deprecation": deprecation_document(version.deprecation),
        "revision": version.revision,
    }


def _stale(version: ModelVersion) -> StaleRevisionError:
    return StaleRevisionError(
        f"version {version.reference} has changed meanwhile; read it again and retry", reference=version.reference
    )
