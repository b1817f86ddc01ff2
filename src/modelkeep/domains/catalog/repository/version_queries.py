"""The queries that find versions. Each is built once, and its values are bound when it runs.

Building a query costs ten times as much as running it. Names of bound values: `model` the model's whole name,
`wanted` what the selector says, `at` the time of an `as of`, `model_id` the model's id.
"""

from enum import Enum
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, false, func, or_, select, true

from modelkeep.domains.catalog.tables import ALIAS, MODEL, STAGE, VERSION
from modelkeep.kernel.semver import Interval, Range
from modelkeep.platform.database import AnySelect

_POINTING: Final = ALIAS.alias()  # apart from the ALIAS that a query may join
_NAMED: Final = MODEL.alias()


class State(Enum):
    """Which versions of a model a query looks at."""

    LIVE = "those that are there now"
    DELETED = "those that are deleted now"
    PAST = "those that were there at a time"


def _versions() -> AnySelect:
    aliases = (
        select(func.aggregate_strings(_POINTING.c.name, "\n"))
        .where(_POINTING.c.version_id == VERSION.c.id, _POINTING.c.until.is_(None))
        .scalar_subquery()
        .label("aliases")
    )
    return select(
        VERSION.c.id,
        VERSION.c.model_id,
        MODEL.c.name.label("model"),
        VERSION.c.number,
        VERSION.c.version,
        VERSION.c.stage,
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
        VERSION.c.revision,
    ).join(MODEL, MODEL.c.id == VERSION.c.model_id)


VERSIONS: Final = _versions()
"""Whole versions, their aliases included: one statement for any number of them."""

_OF_MODEL_ID: Final = VERSIONS.where(VERSION.c.model_id == bindparam("model_id"))

HIGHEST: Final = _OF_MODEL_ID.order_by(VERSION.c.precedence.desc(), VERSION.c.id.desc()).limit(1)
"""The version of a model with the highest precedence, deleted or not."""

TAKEN: Final = _OF_MODEL_ID.where(VERSION.c.version == bindparam("wanted"))
"""The version of a model with a semantic version, deleted or not."""


# Looked up first, and by itself: joined, it makes PostgreSQL walk the versions of all models to find the newest of one.
_MODEL_ID: Final = (
    select(_NAMED.c.id).where(_NAMED.c.name == bindparam("model"), _NAMED.c.deleted_at.is_(None)).scalar_subquery()
)


@cache
def of_model(state: State) -> AnySelect:
    """Return the query of a model's versions."""
    return VERSIONS.where(VERSION.c.model_id == _MODEL_ID, _in_state(state))


@cache
def by_column(name: str | None, state: State) -> AnySelect:
    """Return the query of the newest version that has `wanted` in a column, or of the newest of all."""
    query = of_model(state) if name is None else of_model(state).where(VERSION.c[name] == bindparam("wanted"))
    return query.order_by(VERSION.c.number.desc()).limit(1)


@cache
def by_alias(state: State) -> AnySelect:
    """Return the query of the version that an alias points to."""
    pointing = (ALIAS.c.model_id == _MODEL_ID, ALIAS.c.name == bindparam("wanted"))
    query = of_model(state).join(ALIAS, ALIAS.c.version_id == VERSION.c.id).where(*pointing)
    return query.where(_holds(ALIAS.c.since, ALIAS.c.until, state)).limit(1)


@cache
def by_stage(state: State) -> AnySelect:
    """Return the query of the version that holds a stage; where several may, of the one that took it last."""
    holding = (STAGE.c.model_id == _MODEL_ID, STAGE.c.stage == bindparam("wanted"))
    query = of_model(state).join(STAGE, STAGE.c.version_id == VERSION.c.id).where(*holding)
    return query.where(_holds(STAGE.c.since, STAGE.c.until, state)).order_by(STAGE.c.since.desc()).limit(1)


def in_range(wanted: Range) -> ColumnElement[bool]:
    """Return the condition on the precedence index that the versions of the range fulfil."""
    return or_(false(), *(_between(interval) for interval in wanted.intervals()))


def _between(interval: Interval) -> ColumnElement[bool]:
    key = VERSION.c.precedence
    conditions: list[ColumnElement[bool]] = [true()]
    if interval.lower_key is not None:
        conditions.append(key >= interval.lower_key if interval.lower_inclusive else key > interval.lower_key)
    if interval.upper_key is not None:
        conditions.append(key <= interval.upper_key if interval.upper_inclusive else key < interval.upper_key)
    if not interval.allows_prerelease:
        conditions.append(VERSION.c.prerelease.is_(False))
    return and_(*conditions)


def _in_state(state: State) -> ColumnElement[bool]:
    if state is State.PAST:
        return _holds(VERSION.c.created_at, VERSION.c.deleted_at, state)
    return VERSION.c.deleted_at.is_not(None) if state is State.DELETED else VERSION.c.deleted_at.is_(None)


def _holds(since: ColumnElement[Any], until: ColumnElement[Any], state: State) -> ColumnElement[bool]:
    """Return the condition that an interval holds now, or at the time of an `as of`."""
    if state is not State.PAST:
        return until.is_(None)
    return (since <= bindparam("at")) & (until.is_(None) | (until > bindparam("at")))
