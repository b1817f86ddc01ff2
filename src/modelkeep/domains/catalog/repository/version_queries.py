"""The queries that find versions. Each is built once, and its values are bound when it runs.

Building a query costs ten times as much as running it. Names of bound values: `model` the model's whole name,
`wanted` what the selector says, `at` the time of an `as of`, `model_id` the model's id.
"""

from enum import Enum
from functools import cache
from typing import Final

from sqlalchemy import Table, and_, bindparam, false, func, or_, select, true

from modelkeep.domains.catalog.repository.facts import AT, holds, stands
from modelkeep.domains.catalog.tables import ALIAS, MODEL, STAGE, VERSION
from modelkeep.kernel.semver import Interval, Range
from modelkeep.platform.database import AnySelect
from modelkeep.platform.database.criteria import Column, Criterion, unindexed

_POINTING: Final = ALIAS.alias()  # apart from the ALIAS that a query may join
_NAMED: Final = MODEL.alias()


class State(Enum):
    """Which versions of a model a query looks at."""

    LIVE = "those that are there now"
    DELETED = "those that are deleted now"
    PAST = "those that were there at a time"


def stage_at(at: Column) -> Column:
    """Return the stage that a version of the query held at a time."""
    held = STAGE.alias()
    return select(held.c.stage).where(held.c.version_id == VERSION.c.id, holds(held, at)).scalar_subquery()


def _versions(pointed: Criterion, stage: Column, *, home: Column) -> AnySelect:
    aliases = (
        select(func.aggregate_strings(_POINTING.c.name, "\n"))
        .where(_POINTING.c.version_id == VERSION.c.id, pointed)
        .scalar_subquery()
        .label("aliases")
    )
    return select(
        VERSION.c.id,
        VERSION.c.model_id,
        MODEL.c.name.label("model"),
        VERSION.c.number,
        VERSION.c.version,
        stage.label("stage"),
        VERSION.c.manifest_digest,
        VERSION.c.file_count,
        VERSION.c.total_size,
        VERSION.c.record,
        aliases,
        VERSION.c.created_at,
        VERSION.c.created_by,
        VERSION.c.changed_at,
        VERSION.c.changed_by,
        VERSION.c.deleted_at,
        VERSION.c.quarantined_at,
        VERSION.c.deprecation,
        VERSION.c.revision,
    ).join(MODEL, MODEL.c.id == home)


VERSIONS: Final = _versions(_POINTING.c.until.is_(None), VERSION.c.stage, home=VERSION.c.model_id)
"""Whole versions, their aliases included: one statement for any number of them."""

VERSIONS_AT: Final = _versions(holds(_POINTING, AT), stage_at(AT), home=unindexed(VERSION.c.model_id))
"""The same with the aliases and the stage of the time `at`; what else may change is of now, see `facts`.

From each version to its model: SQLite's planner would rather go through all models, and sort.
"""

_OF_MODEL_ID: Final = VERSIONS.where(VERSION.c.model_id == bindparam("model_id"))

HIGHEST: Final = _OF_MODEL_ID.order_by(VERSION.c.precedence.desc(), VERSION.c.id.desc()).limit(1)
"""The version of a model with the highest precedence, deleted or not."""

BELOW: Final = (
    _OF_MODEL_ID.where(VERSION.c.prerelease.is_(False), VERSION.c.precedence < bindparam("below"))
    .order_by(VERSION.c.precedence.desc(), VERSION.c.id.desc())
    .limit(1)
)
"""The release of a model with the highest precedence below another, deleted or not."""

BY_ID: Final = VERSIONS.where(VERSION.c.id == bindparam("version_id"))
"""A version by its id, deleted or not."""

TAKEN: Final = _OF_MODEL_ID.where(VERSION.c.version == bindparam("wanted"))
"""The version of a model with a semantic version, deleted or not."""


# Looked up first, and by itself: joined, it makes PostgreSQL walk the versions of all models to find the newest of one.
def _model_id(state: State) -> Column:
    there: Criterion = _NAMED.c.deleted_at.is_(None)
    if state is State.PAST:
        there = stands("model.deleted", _NAMED.c.id, _NAMED.c.created_at, AT)
    return select(_NAMED.c.id).where(_NAMED.c.name == bindparam("model"), there).scalar_subquery()


@cache
def of_model(state: State) -> AnySelect:
    """Return the query of a model's versions."""
    versions = VERSIONS_AT if state is State.PAST else VERSIONS
    return versions.where(VERSION.c.model_id == _model_id(state), _in_state(state))


@cache
def by_column(name: str | None, state: State) -> AnySelect:
    """Return the query of the newest version that has `wanted` in a column, or of the newest of all."""
    query = of_model(state) if name is None else of_model(state).where(VERSION.c[name] == bindparam("wanted"))
    return query.order_by(VERSION.c.number.desc()).limit(1)


@cache
def by_alias(state: State) -> AnySelect:
    """Return the query of the version that an alias points to, and of who made it so and when."""
    pointing = (ALIAS.c.model_id == _model_id(state), ALIAS.c.name == bindparam("wanted"))
    query = of_model(state).join(ALIAS, ALIAS.c.version_id == VERSION.c.id).where(*pointing, _in_force(ALIAS, state))
    return query.add_columns(*_standing(ALIAS, ALIAS.c.name)).limit(1)


@cache
def by_stage(state: State) -> AnySelect:
    """Return the query of the version that holds a stage; where several may, of the one that took it last."""
    holding = (STAGE.c.model_id == _model_id(state), STAGE.c.stage == bindparam("wanted"))
    query = of_model(state).join(STAGE, STAGE.c.version_id == VERSION.c.id).where(*holding, _in_force(STAGE, state))
    return query.add_columns(*_standing(STAGE, STAGE.c.stage)).order_by(STAGE.c.since.desc()).limit(1)


def _standing(intervals: Table, name: Column) -> tuple[Column, ...]:
    return name.label("found_by"), intervals.c.since.label("found_since"), intervals.c.set_by.label("found_set_by")


def in_range(wanted: Range, key: Column = VERSION.c.precedence) -> Criterion:
    """Return the condition on the key of precedence that the versions of the range fulfil."""
    return or_(false(), *(_between(interval, key) for interval in wanted.intervals()))


def _between(interval: Interval, key: Column) -> Criterion:
    conditions: list[Criterion] = [true()]
    if interval.lower_key is not None:
        conditions.append(key >= interval.lower_key if interval.lower_inclusive else key > interval.lower_key)
    if interval.upper_key is not None:
        conditions.append(key <= interval.upper_key if interval.upper_inclusive else key < interval.upper_key)
    if not interval.allows_prerelease:
        conditions.append(VERSION.c.prerelease.is_(False))
    return and_(*conditions)


def _in_state(state: State) -> Criterion:
    if state is State.PAST:
        return stands("version.deleted", VERSION.c.id, VERSION.c.created_at, AT)
    return VERSION.c.deleted_at.is_not(None) if state is State.DELETED else VERSION.c.deleted_at.is_(None)


def _in_force(intervals: Table, state: State) -> Criterion:
    """Return the condition that an interval holds now, or at the time of an `as of`."""
    return holds(intervals, AT) if state is State.PAST else intervals.c.until.is_(None)
