"""A version and a model as gates see them: JSON, whose members are part of the contract of expressions."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

from modelkeep.domains.catalog import DataRef, Environment, Metric, Model, ModelVersion, Parent, TrainingCode
from modelkeep.domains.governance.domain.gates.metric_compare import measured
from modelkeep.kernel.canonical_json import Json


def version_document(version: ModelVersion) -> dict[str, Json]:
    """Return a version; texts that anybody may write at any time are no part of it, so that no vote hangs on them."""
    record = version.record
    return {
        "id": version.id,
        "reference": version.reference,
        "number": version.number,
        "version": str(version.version),
        "stage": version.stage,
        "manifest_digest": str(version.manifest_digest),
        "file_count": version.file_count,
        "total_size": version.total_size,
        "created_at": moment(version.created_at),
        "created_by": version.created_by,
        "tags": dict(record.tags),
        "metrics": plain_metrics(record.metrics),
        "measurements": [_members(metric) for metric in record.metrics],
        "parameters": dict(record.parameters),
        "training_data": [_members(reference) for reference in record.training_data],
        "validation_data": [_members(reference) for reference in record.validation_data],
        "training_code": None if record.training_code is None else _members(record.training_code),
        "environment": None if record.environment is None else _members(record.environment),
        "signature": record.signature,
        "parents": [_members(parent) for parent in record.parents],
        "preprocessing": record.preprocessing,
    }


def model_document(model: Model) -> dict[str, Json]:
    """Return a model."""
    return {
        "id": model.id,
        "name": str(model.name),
        "namespace": model.name.namespace,
        "task": model.task,
        "visibility": model.visibility.value,
        "owners": list(model.owners),
        "tags": dict(model.tags),
    }


def plain_metrics(metrics: Iterable[Metric]) -> dict[str, Json]:
    """Return the metrics that gates know by their name: those measured on no named dataset and no slice.

    Of a metric logged during training the final value counts, see `measured`.
    """
    measurements = [_members(metric) for metric in metrics if not metric.dataset and not metric.slice]
    names = dict.fromkeys(item["name"] for item in measurements)
    return {name: measured(measurements, name, "", "") for name in names}


def moment(at: datetime) -> str:
    """Return a time as facts have it."""
    return at.isoformat()


def _members(part: Metric | DataRef | TrainingCode | Environment | Parent) -> dict[str, Any]:
    """Return the members that have a value."""
    return {field.name: value for field in fields(part) if (value := getattr(part, field.name)) is not None}
