"""What changes of models and versions, as intervals: written with every change, read for any time.

The intervals are the history; the columns of a model and the record of a version are the present, kept for reads.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from sqlalchemy import FromClause, and_, bindparam, exists, insert, not_, or_, update
from sqlalchemy.orm import Session

from modelkeep.domains.catalog.domain.models import Model
from modelkeep.domains.catalog.domain.moments import Change
from modelkeep.domains.catalog.domain.records import Metric
from modelkeep.domains.catalog.domain.versions import Deprecation, ModelVersion
from modelkeep.domains.catalog.repository.fields import as_number, shortened
from modelkeep.domains.catalog.tables import FACT
from modelkeep.kernel.clock import timestamp
from modelkeep.platform.database import UtcDateTime
from modelkeep.platform.database.criteria import Column, Criterion

_NO_DIMENSIONS: Final = Metric("", 0).identity[1:]
_PART_LENGTH: Final = 32

AT: Final[Column] = bindparam("at", type_=UtcDateTime)
"""The time that a question is about, given when its query runs."""

_BEGIN: Final = insert(FACT)
_END: Final = (
    update(FACT)
    .where(
        FACT.c.subject_id == bindparam("subject"),
        FACT.c.field == bindparam("of_field"),
        FACT.c.key == bindparam("of_key"),
        FACT.c.part == bindparam("of_part"),
        FACT.c.until.is_(None),
    )
    .values(until=bindparam("ended_at"), ended_by=bindparam("ender"))
)


class FactId(NamedTuple):
    """Which of a subject's facts."""

    field: str
    key: str = ""
    part: str = ""


class FactValue(NamedTuple):
    """What it says, as it is stored."""

    text: str | None = None
    whole: str | None = None
    number: float | None = None


Facts = Mapping[FactId, FactValue]


def model_facts(model: Model) -> Facts:
    """Return what may change of a model, as it is in this value."""
    facts = {
        FactId("model.revision"): FactValue(number=float(model.revision)),
        FactId("model.visibility"): _text(model.visibility.value),
        **{FactId("model.owner", part=f"{place:03}"): _text(owner) for place, owner in enumerate(model.owners)},
        **{FactId("model.tag", key): _text(value) for key, value in model.tags.items()},
    }
    for field, text in (("model.description", model.description), ("model.task", model.task)):
        if text:
            facts[FactId(field)] = _text(text)
    if model.deleted_at is not None:
        facts[FactId("model.deleted")] = FactValue()
    return facts


def version_facts(version: ModelVersion) -> Facts:
    """Return what may change of a version, as it is in this value; its stage and aliases have tables of their own."""
    record = version.record
    facts = {
        FactId("version.revision"): FactValue(number=float(version.revision)),
        **{FactId("version.tag", key): _text(value) for key, value in record.tags.items()},
        **{_metric_id(metric): _metric_value(metric) for metric in record.metrics},
    }
    if record.description:
        facts[FactId("version.description")] = _text(record.description)
    if version.deleted_at is not None:
        facts[FactId("version.deleted")] = FactValue()
    if version.quarantined_at is not None:
        facts[FactId("version.quarantined")] = FactValue()
    return {**facts, **_deprecation_facts(version.deprecation)}


def _deprecation_facts(deprecation: Deprecation | None) -> Facts:
    if deprecation is None:
        return {}
    ends_at = deprecation.ends_at and timestamp(deprecation.ends_at)
    texts = {"_until": ends_at, "_successor": deprecation.successor, "_notice": deprecation.notice}
    more = {FactId(f"version.deprecated{name}"): _text(text) for name, text in texts.items() if text}
    return {FactId("version.deprecated"): FactValue(), **more}


def write_facts(session: Session, subject_id: str, change: Change, *, before: Facts, after: Facts) -> None:
    """End the intervals of what no longer is so, and begin those of what is."""
    ended = [
        {
            "subject": subject_id,
            "of_field": fact.field,
            "of_key": fact.key,
            "of_part": fact.part,
            "ended_at": change.at,
            "ender": change.by,
        }
        for fact, value in before.items()
        if after.get(fact) != value
    ]
    begun = [
        {"subject_id": subject_id, **fact._asdict(), **value._asdict(), "since": change.at, "set_by": change.by}
        for fact, value in after.items()
        if before.get(fact) != value
    ]
    if ended:
        session.execute(_END, ended)
    if begun:
        session.execute(_BEGIN, begun)


def holds(intervals: FromClause, at: Column) -> Criterion:
    """Return the condition that an interval of a table, or of an alias of it, holds at a time."""
    return and_(intervals.c.since <= at, or_(intervals.c.until.is_(None), intervals.c.until > at))


def stands(field: str, subject: Column, created_at: Column, at: Column) -> Criterion:
    """Return the condition that a subject was there at a time, and not deleted; `field` is that of its deletion."""
    return (created_at <= at) & not_(was_deleted(field, subject, at))


def was_deleted(field: str, subject: Column, at: Column) -> Criterion:
    """Return the condition that a subject was deleted at a time."""
    fact = FACT.alias()
    return exists().where(fact.c.subject_id == subject, fact.c.field == field, holds(fact, at))


def _text(value: str) -> FactValue:
    short = shortened(value)
    return FactValue(short, None if short == value else value, as_number(value))


def _dimensions(metric: Metric) -> str | None:
    """Return what a metric was measured on, as JSON; None for nothing."""
    said = {"dataset": metric.dataset, "slice": metric.slice, "step": metric.step}
    known = {name: value for name, value in said.items() if value is not None}
    return json.dumps(known, ensure_ascii=False) if known else None


def _metric_id(metric: Metric) -> FactId:
    dimensions = metric.identity[1:]
    part = "" if dimensions == _NO_DIMENSIONS else sha256(json.dumps(dimensions).encode()).hexdigest()[:_PART_LENGTH]
    return FactId("version.metric", metric.name, part)


def _metric_value(metric: Metric) -> FactValue:
    return FactValue(whole=_dimensions(metric), number=metric.value)
