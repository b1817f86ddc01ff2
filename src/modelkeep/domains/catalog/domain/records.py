"""What is recorded of a version: where its data, code and environment come from, and what it scored."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Self

from modelkeep.domains.catalog.domain.errors import InvalidRecordError
from modelkeep.domains.catalog.domain.fields import (
    MAX_DESCRIPTION,
    MAX_MESSAGE,
    MAX_SHORT,
    Scalar,
    check_key,
    check_list,
    check_metric_count,
    check_number,
    check_parameters,
    check_tags,
    check_text,
)
from modelkeep.kernel.canonical_json import MAX_INTEGER, Json, canonical_json

MAX_DOCUMENT_BYTES: Final = 256 * 1024
"""The greatest size of a signature, a schema or a preprocessing description, as canonical JSON."""

_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Relation(StrEnum):
    """How a version came from its parent."""

    FINE_TUNE = "fine-tune"
    ADAPTER = "adapter"
    QUANTIZED = "quantized"
    DISTILLED = "distilled"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured number; `dataset` and `slice` say on what, `step` when in training."""

    name: str
    value: float
    dataset: str | None = None
    slice: str | None = None
    step: int | None = None

    @property
    def identity(self) -> tuple[str, str, str, int]:
        """What distinguishes one measurement from another of the same name."""
        return self.name, self.dataset or "", self.slice or "", -1 if self.step is None else self.step

    def checked(self) -> Self:
        """Return the metric, or refuse it when its value is not finite or a name is not usable."""
        check_key("metric", self.name)
        check_number(f"metric {self.name}", self.value)
        for text in (self.dataset, self.slice):
            check_text(f"metric {self.name}", text or "", MAX_SHORT)
        if self.step is not None and not 0 <= self.step <= MAX_INTEGER:
            raise InvalidRecordError(f"metric {self.name}: step {self.step} is not a whole number from 0 up")
        return self


@dataclass(frozen=True, slots=True)
class DataRef:
    """A reference to a data set; the registry keeps the reference, never the data."""

    uri: str | None = None
    digest: str | None = None
    name: str | None = None
    version: str | None = None
    rows: int | None = None
    schema: Json = None
    license: str | None = None
    personal_data: bool | None = None

    def checked(self) -> Self:
        """Return the reference, or refuse it when it names nothing or a field breaks its rule."""
        if not (self.uri or self.digest or self.name):
            raise InvalidRecordError("a data reference needs a uri, a digest or a name")
        for label in ("uri", "digest", "name", "version", "license"):
            check_text(f"data reference: {label}", getattr(self, label) or "", MAX_SHORT * 4)
        if self.rows is not None and not 0 <= self.rows < 2**63:
            raise InvalidRecordError(f"data reference: rows is {self.rows}; it is a whole number from 0 up")
        _check_document("data reference: schema", self.schema)
        return self


@dataclass(frozen=True, slots=True)
class TrainingCode:
    """The code that trained a version."""

    repository: str | None = None
    commit: str | None = None
    dirty: bool | None = None
    entry_point: str | None = None

    def checked(self) -> Self:
        """Return the reference, or refuse it when a field is too long."""
        for label in ("repository", "commit", "entry_point"):
            check_text(f"training code: {label}", getattr(self, label) or "", MAX_SHORT * 4)
        return self


@dataclass(frozen=True, slots=True)
class Environment:
    """What the code ran in: a container image by digest, or a lock file (a path in the artifact, or a digest)."""

    image: str | None = None
    lock_file: str | None = None

    def checked(self) -> Self:
        """Return the reference, or refuse it when a field is too long."""
        for label in ("image", "lock_file"):
            check_text(f"environment: {label}", getattr(self, label) or "", MAX_SHORT * 4)
        return self


@dataclass(frozen=True, slots=True)
class Parent:
    """The version, or the model outside this registry (a URI), that a version came from."""

    reference: str
    relation: Relation
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """What a registration says of a version; fixed once registered, but for description, tags and metrics."""

    description: str = ""
    message: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    training_data: tuple[DataRef, ...] = ()
    validation_data: tuple[DataRef, ...] = ()
    training_code: TrainingCode | None = None
    environment: Environment | None = None
    signature: Json = None
    parents: tuple[Parent, ...] = ()
    preprocessing: Json = None

    def checked(self) -> Self:
        """Return the record in its kept form.

        Raises:
            InvalidRecordError: a field breaks its rule; the message names it.
        """
        check_text("description", self.description, MAX_DESCRIPTION)
        check_text("message", self.message, MAX_MESSAGE)
        check_list("training data references", len(self.training_data))
        check_list("validation data references", len(self.validation_data))
        check_list("parents", len(self.parents))
        for parent in self.parents:
            check_text("parent", parent.reference, MAX_SHORT * 4)
        _check_document("signature", self.signature)
        _check_document("preprocessing", self.preprocessing)
        for part in (*self.training_data, *self.validation_data, self.training_code, self.environment):
            if part is not None:
                part.checked()
        return replace(
            self,
            tags=check_tags(self.tags),
            parameters=check_parameters(self.parameters),
            metrics=merge_metrics((), self.metrics),
        )


def merge_metrics(known: tuple[Metric, ...], new: tuple[Metric, ...]) -> tuple[Metric, ...]:
    """Add measurements to those known; one of the same name, dataset, slice and step takes the place of the old."""
    merged = {metric.identity: metric for metric in known}
    merged.update({metric.identity: metric.checked() for metric in new})
    check_metric_count(len(merged))
    return tuple(merged[identity] for identity in sorted(merged))


def _check_document(field_name: str, value: Json) -> None:
    if value is None:
        return
    document = canonical_json(value)
    if len(document) > MAX_DOCUMENT_BYTES:
        raise InvalidRecordError(f"{field_name} is larger than {MAX_DOCUMENT_BYTES} bytes; store it as a file instead")
    if _NUL.search(document):
        raise InvalidRecordError(f"{field_name} holds a NUL, which no database keeps; leave it out", field=field_name)
