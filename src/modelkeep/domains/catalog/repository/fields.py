"""The searchable fields beside the records: one narrow index for tags, metrics, parameters and references."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Final

from sqlalchemy import bindparam, delete, insert, select, true
from sqlalchemy.orm import Session

from modelkeep.domains.catalog.domain.models import Model
from modelkeep.domains.catalog.domain.records import DataRef, Environment, TrainingCode, VersionRecord
from modelkeep.domains.catalog.tables import FIELD
from modelkeep.kernel.filters import Boolean, Number, Operator
from modelkeep.platform.database import AnySelect
from modelkeep.platform.database.criteria import (
    Column,
    Criterion,
    Term,
    compare_number,
    matches,
    ordered,
    unindexed,
)

INDEXED_LENGTH: Final = 300
"""Longer texts are indexed by their first characters and their digest: equality stays exact, patterns see the start.

With the longest key, in the widest characters, an entry just fits a page of PostgreSQL's index (2,704 bytes).
"""

DATA_KEYS: Final = ("uri", "digest", "name", "version", "license", "rows", "personal_data")
CODE_KEYS: Final = tuple(field.name for field in fields(TrainingCode))
ENVIRONMENT_KEYS: Final = tuple(field.name for field in fields(Environment))
PARENT_KEYS: Final = ("reference", "relation")

_ADD: Final = insert(FIELD)
_FORGET: Final = delete(FIELD).where(FIELD.c.subject_id == bindparam("subject"))


@dataclass(frozen=True, slots=True)
class IndexedField:
    """One value under one key, as text, as a number, or both."""

    field: str
    key: str
    text: str | None
    number: float | None = None


def index_model(session: Session, model: Model, *, fresh: bool = False) -> None:
    """Write the searchable fields of a model."""
    entries = [_text("model.tag", key, value) for key, value in model.tags.items()]
    entries += [_text("model.owner", "", owner) for owner in model.owners]
    _write(session, model.id, entries, fresh=fresh)


def index_version(session: Session, version_id: str, record: VersionRecord, *, fresh: bool = False) -> None:
    """Write the searchable fields of a version."""
    _write(session, version_id, list(_of_record(record)), fresh=fresh)


def field_matches(subject: Column, field: str, term: Term) -> Criterion:
    """Return the condition that a subject has the field the term names, with such a value."""
    return _has(subject, field, term, value_condition(*_tested(term), term))


def number_matches(subject: Column, field: str, term: Term) -> Criterion:
    """Return the condition that a subject has the field the term names, with such a number."""
    return _has(subject, field, term, compare_number(unindexed(FIELD.c.number), term))


def find_field(field: str, term: Term) -> AnySelect:
    """Return the query of the subjects that have the field the term names, with such a value."""
    value = value_condition(FIELD.c.text, FIELD.c.number, term)
    return select(FIELD.c.subject_id).where(*_named(field, term), value)


def find_number(field: str, term: Term) -> AnySelect:
    """Return the query of the subjects that have the field the term names, with such a number."""
    return select(FIELD.c.subject_id).where(*_named(field, term), compare_number(FIELD.c.number, term))


def _has(subject: Column, field: str, term: Term, condition: Criterion) -> Criterion:
    """Return the test of one subject.

    It selects whole rows, so that SQLite does not prefer an index that covers it and does not lead to the subject.
    On PostgreSQL an offset keeps it from becoming a join: the planner takes field, key and value for independent,
    expects much too few subjects, and would collect and sort all that there are.
    """
    named = select(FIELD).where(FIELD.c.subject_id == subject, *_named(field, term), condition)
    return (named.offset(0) if term.dialect == "postgresql" else named).exists()


def _named(field: str, term: Term) -> tuple[Criterion, Criterion]:
    return FIELD.c.field == field, FIELD.c.key == term.key


def _tested(term: Term) -> tuple[Column, Column]:
    """Return the columns of a test of one subject: its few values are read through the key of the table.

    An index that begins with the field would be read whole, for each subject; only exact text leads to the subject.
    """
    if term.operator is Operator.EQUAL and not isinstance(term.value, Number):
        return FIELD.c.text, FIELD.c.number
    return unindexed(FIELD.c.text), unindexed(FIELD.c.number)


def shortened(value: str) -> str:
    """Return a text as the index holds it."""
    if len(value) <= INDEXED_LENGTH:
        return value
    return f"{value[:INDEXED_LENGTH]}…{sha256(value.encode()).hexdigest()}"


def trained_on(version: Column, reference: str) -> Criterion:
    """Return the condition that a version was trained on the data with this URI or digest."""
    named = (FIELD.c.field == "version.training_data", FIELD.c.key.in_(("uri", "digest")))
    return version.in_(select(FIELD.c.subject_id).where(*named, FIELD.c.text == shortened(reference)))


def value_condition(text: Column, number: Column, term: Term) -> Criterion:
    """Return the condition on a value that is indexed as text and, where it is one, as a number."""
    if term.operator is Operator.EXISTS:
        return true()
    if term.operator is Operator.MATCHES:
        return matches(text, term.text, term.dialect)
    if isinstance(term.value, Number):
        numeric = ordered(number, term.operator, float(term.value.decimal))
        return numeric if term.operator is not Operator.EQUAL else numeric | (text == term.text)
    if isinstance(term.value, Boolean) and term.operator is not Operator.EQUAL:
        term.refuse("Compare this with = true or = false")
    return ordered(text, term.operator, shortened(term.text))


def _of_record(record: VersionRecord) -> Iterator[IndexedField]:
    for key, tag in record.tags.items():
        yield _text("version.tag", key, tag)
    for metric in sorted(record.metrics, key=lambda item: (item.dataset or "", item.slice or "", -(item.step or 0))):
        yield IndexedField("version.metric", metric.name, None, metric.value)
    for key, parameter in record.parameters.items():
        yield _scalar("version.param", key, parameter)
    for field, references in (
        ("version.training_data", record.training_data),
        ("version.validation_data", record.validation_data),
    ):
        for reference in references:
            yield from _of_part(field, reference, DATA_KEYS)
    yield from _of_part("version.training_code", record.training_code, CODE_KEYS)
    yield from _of_part("version.environment", record.environment, ENVIRONMENT_KEYS)
    for parent in record.parents:
        yield _text("version.parent", "reference", parent.reference)
        yield _text("version.parent", "relation", parent.relation.value)


def _of_part(
    field: str, part: DataRef | TrainingCode | Environment | None, keys: tuple[str, ...]
) -> Iterator[IndexedField]:
    for key in keys:
        value = getattr(part, key, None)
        if value is not None:
            yield _scalar(field, key, value)


def _scalar(field: str, key: str, value: bool | float | str) -> IndexedField:  # noqa: FBT001 - a value, not a switch
    if isinstance(value, bool):
        return _text(field, key, "true" if value else "false")
    if isinstance(value, str):
        return _text(field, key, value)
    return IndexedField(field, key, repr(value), float(value))


def _text(field: str, key: str, value: str) -> IndexedField:
    return IndexedField(field, key, shortened(value), as_number(value))


def as_number(value: str) -> float | None:
    """Return the number a text is, so that `param.lr < 0.01` finds parameters that were sent as text."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _write(session: Session, subject_id: str, entries: list[IndexedField], *, fresh: bool) -> None:
    if not fresh:
        session.execute(_FORGET, {"subject": subject_id})
    ordinals: dict[tuple[str, str], int] = {}
    rows = []
    for entry in entries:
        place = ordinals[entry.field, entry.key] = ordinals.get((entry.field, entry.key), -1) + 1
        rows.append(
            {
                "subject_id": subject_id,
                "field": entry.field,
                "key": entry.key,
                "ordinal": place,
                "text": entry.text,
                "number": entry.number,
            }
        )
    if rows:
        session.execute(_ADD, rows)
