"""Erases texts of the past."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Table, and_, false, func, or_, select, update
from sqlalchemy.orm import Session

from modelkeep.domains.audit import Erasure
from modelkeep.domains.catalog.tables import FACT, MODEL, NAMESPACE_STATE, VERSION
from modelkeep.platform.database import AnySelect
from modelkeep.platform.database.criteria import Criterion

_TAGS = ("model.tag", "version.tag")
_FIELDS = {
    "description": ("model.description", "version.description"),
    "task": ("model.task",),
    "owners": ("model.owner",),
    "notice": ("version.deprecated_notice",),
}


def erase_past(session: Session, erasure: Erasure) -> int:
    """Drop the texts that an erasure asks for from intervals that have ended; return how many."""
    ended = (FACT.c.until.is_not(None), FACT.c.text.is_not(None), _named(erasure), _about(erasure))
    count = _emptied(session, FACT, ended, {"text": None, "whole": None, "number": None})
    if not erasure.fields or "description" in erasure.fields:
        of = NAMESPACE_STATE.c
        count += _emptied(
            session,
            NAMESPACE_STATE,
            (of.until.is_not(None), of.description != "", _namespaces(erasure)),
            {"description": ""},
        )
    return count


def _emptied(session: Session, table: Table, chosen: Sequence[Criterion], empty: Mapping[str, str | None]) -> int:
    count = session.scalars(select(func.count()).select_from(table).where(*chosen)).one()
    if count:
        session.execute(update(table).where(*chosen).values(**empty))
    return count


def _named(erasure: Erasure) -> Criterion:
    """Return the condition that a fact is a text of one of the fields; the log calls a tag `tag:KEY`."""
    if not erasure.fields:
        return FACT.c.field.in_([*_TAGS, *(field for fields in _FIELDS.values() for field in fields)])
    fields = [field for name in erasure.fields for field in _FIELDS.get(name, ())]
    keys = [name.removeprefix("tag:") for name in erasure.fields if name.startswith("tag:")]
    return or_(FACT.c.field.in_(fields), and_(FACT.c.field.in_(_TAGS), FACT.c.key.in_(keys)))


def _about(erasure: Erasure) -> Criterion:
    if erasure.principal is not None:
        return FACT.c.set_by == erasure.principal
    return or_(FACT.c.subject_id.in_(ids_of_models(erasure)), FACT.c.subject_id.in_(ids_of_versions(erasure)))


def ids_of_models(erasure: Erasure) -> AnySelect:
    """Return the query for the models that an erasure names, or names the namespace of."""
    if erasure.within is not None:
        return select(MODEL.c.id).where(or_(MODEL.c.name == erasure.within, MODEL.c.namespace == erasure.within))
    return select(MODEL.c.id).where(MODEL.c.name == (erasure.subject or ""))


def ids_of_versions(erasure: Erasure) -> AnySelect:
    """Return the query for the versions that an erasure names, or names the model or namespace of by `within`."""
    if erasure.within is not None:
        return select(VERSION.c.id).where(VERSION.c.model_id.in_(ids_of_models(erasure)))
    name, _, version = (erasure.subject or "").partition(":")
    models = select(MODEL.c.id).where(MODEL.c.name == name)
    return select(VERSION.c.id).where(VERSION.c.model_id.in_(models), VERSION.c.version == version)


def _namespaces(erasure: Erasure) -> ColumnElement[bool]:
    if erasure.principal is not None:
        return NAMESPACE_STATE.c.set_by == erasure.principal
    name = erasure.within or erasure.subject
    return false() if name is None else NAMESPACE_STATE.c.name == name
