"""A version's record as the JSON document it is stored as, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

from modelkeep.domains.catalog.domain.records import (
    DataRef,
    Environment,
    Metric,
    Parent,
    Relation,
    TrainingCode,
    VersionRecord,
)
from modelkeep.domains.catalog.domain.versions import Deprecation
from modelkeep.kernel.clock import timestamp

Document = dict[str, Any]
R = TypeVar("R", Metric, DataRef, TrainingCode, Environment)


def to_document(record: VersionRecord) -> Document:
    """Return the record as JSON values; empty fields are left out."""
    document: Document = {
        "description": record.description,
        "message": record.message,
        "tags": dict(record.tags),
        "metrics": [_sparse(metric) for metric in record.metrics],
        "parameters": dict(record.parameters),
        "training_data": [_sparse(data) for data in record.training_data],
        "validation_data": [_sparse(data) for data in record.validation_data],
        "training_code": _sparse(record.training_code),
        "environment": _sparse(record.environment),
        "signature": record.signature,
        "parents": [_sparse(parent) for parent in record.parents],
        "preprocessing": record.preprocessing,
    }
    return {name: value for name, value in document.items() if value not in (None, "", [], {})}


def from_document(document: Mapping[str, Any]) -> VersionRecord:
    """Return the record a document was made of."""
    return VersionRecord(
        description=document.get("description", ""),
        message=document.get("message", ""),
        tags=document.get("tags", {}),
        metrics=tuple(Metric(**metric) for metric in document.get("metrics", ())),
        parameters=document.get("parameters", {}),
        training_data=_many(DataRef, document.get("training_data", ())),
        validation_data=_many(DataRef, document.get("validation_data", ())),
        training_code=_one(TrainingCode, document.get("training_code")),
        environment=_one(Environment, document.get("environment")),
        signature=document.get("signature"),
        parents=tuple(_parent(parent) for parent in document.get("parents", ())),
        preprocessing=document.get("preprocessing"),
    )


def deprecation_document(deprecation: Deprecation | None) -> Document | None:
    """Return a deprecation as JSON values; empty fields are left out."""
    if deprecation is None:
        return None
    document = {
        "since": timestamp(deprecation.since),
        "ends_at": deprecation.ends_at and timestamp(deprecation.ends_at),
        "successor": deprecation.successor,
        "notice": deprecation.notice,
    }
    return {name: value for name, value in document.items() if value}


def read_deprecation(document: Mapping[str, str] | None) -> Deprecation | None:
    """Return the deprecation a document was made of."""
    if document is None:
        return None
    ends_at = document.get("ends_at")
    return Deprecation(
        datetime.fromisoformat(document["since"]),
        datetime.fromisoformat(ends_at) if ends_at else None,
        document.get("successor"),
        document.get("notice", ""),
    )


def _sparse(part: Metric | DataRef | TrainingCode | Environment | Parent | None) -> Document | None:
    if part is None:
        return None
    return {field.name: value for field in fields(part) if (value := getattr(part, field.name)) is not None}


def _many(kind: type[R], documents: Sequence[Mapping[str, Any]]) -> tuple[R, ...]:
    return tuple(kind(**document) for document in documents)


def _one(kind: type[R], document: Mapping[str, Any] | None) -> R | None:
    return None if document is None else kind(**document)


def _parent(document: Mapping[str, Any]) -> Parent:
    return Parent(document["reference"], Relation(document["relation"]), document.get("version_id"))
