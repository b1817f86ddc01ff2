"""Versions on the wire."""

from dataclasses import asdict
from typing import Any, Self

from pydantic import AwareDatetime, Field

from modelkeep.api.rest.v1.schemas.aliases import StandingOut
from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.catalog import (
    BumpRequest,
    DataRef,
    Environment,
    Metric,
    ModelVersion,
    NewDeprecation,
    NewVersion,
    Parent,
    RegisteredVersion,
    Relation,
    TrainingCode,
    VersionRecord,
)
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.references import Reference
from modelkeep.kernel.semver import Version


class MetricDoc(In):
    """One measured number; finite."""

    name: str = Field(examples=["auc"])
    value: float
    dataset: str | None = None
    slice: str | None = None
    step: int | None = None

    def to_metric(self) -> Metric:
        """Return the domain's value."""
        return Metric(self.name, self.value, self.dataset, self.slice, self.step)

    @classmethod
    def of(cls, metric: Metric) -> Self:
        """Present a metric."""
        return cls(name=metric.name, value=metric.value, dataset=metric.dataset, slice=metric.slice, step=metric.step)


class DataRefDoc(In):
    """A reference to a data set: at least a uri, a digest or a name."""

    uri: str | None = Field(None, examples=["s3://lake/tx/2026-10"])
    digest: str | None = None
    name: str | None = None
    version: str | None = None
    rows: int | None = None
    schema_: Any = Field(None, alias="schema")
    license: str | None = None
    personal_data: bool | None = None

    def to_reference(self) -> DataRef:
        """Return the domain's value."""
        return DataRef(**self.model_dump(exclude={"schema_"}), schema=self.schema_)

    @classmethod
    def of(cls, data: DataRef) -> Self:
        """Present a reference."""
        return cls(**asdict(data))


class TrainingCodeDoc(In):
    """The code that trained a version."""

    repository: str | None = None
    commit: str | None = None
    dirty: bool | None = None
    entry_point: str | None = None


class EnvironmentDoc(In):
    """What the code ran in: a container image by digest, or a lock file."""

    image: str | None = None
    lock_file: str | None = None


class ParentIn(In):
    """What a version came from: a reference, or a URI outside of this registry."""

    reference: str = Field(examples=["fraud/base:1.2.0"])
    relation: Relation


class ParentOut(Out):
    """What a version came from; `version_id` is null outside of this registry."""

    reference: str
    relation: Relation
    version_id: str | None


class VersionIn(In):
    """A version to register: content that was uploaded, and what is known of it."""

    manifest_digest: str
    upload: str | None = Field(None, description="The upload that brought the content; not needed if it is stored")
    version: str | None = Field(None, description="The exact semantic version", examples=["1.4.0"])
    bump: BumpRequest = Field(BumpRequest.AUTO, description="What to count up when no version is given")
    force_version: str = Field("", description="Why the version is right though its content changes more")
    description: str = ""
    message: str = ""
    tags: dict[str, str] = Field(default_factory=dict)
    metrics: list[MetricDoc] = Field(default_factory=list)
    params: dict[str, bool | int | float | str] = Field(default_factory=dict)
    training_data: list[DataRefDoc] = Field(default_factory=list)
    validation_data: list[DataRefDoc] = Field(default_factory=list)
    training_code: TrainingCodeDoc | None = None
    environment: EnvironmentDoc | None = None
    signature: Any = None
    parents: list[ParentIn] = Field(default_factory=list)
    preprocessing: Any = None

    def value(self) -> NewVersion:
        """Return what the use case takes."""
        return NewVersion(
            manifest_digest=Digest.parse(self.manifest_digest),
            record=self._record(),
            upload_id=self.upload,
            version=None if self.version is None else Version.parse(self.version),
            bump=self.bump,
            forced=self.force_version,
        )

    def _record(self) -> VersionRecord:
        return VersionRecord(
            description=self.description,
            message=self.message,
            tags=self.tags,
            metrics=tuple(metric.to_metric() for metric in self.metrics),
            parameters=self.params,
            training_data=tuple(data.to_reference() for data in self.training_data),
            validation_data=tuple(data.to_reference() for data in self.validation_data),
            training_code=TrainingCode(**self.training_code.model_dump()) if self.training_code else None,
            environment=Environment(**self.environment.model_dump()) if self.environment else None,
            signature=self.signature,
            parents=tuple(Parent(parent.reference, parent.relation) for parent in self.parents),
            preprocessing=self.preprocessing,
        )


class MetricsIn(In):
    """Measurements to add."""

    metrics: list[MetricDoc] = Field(min_length=1)


class ReasonIn(In):
    """Why something is done to a version."""

    reason: str


class DeprecationIn(In):
    """That a version should no longer be used."""

    ends_at: AwareDatetime | None = Field(None, description="Until when it can be used")
    successor: str | None = Field(None, description="A reference to what is to be used instead")
    notice: str = ""

    def to_deprecation(self) -> NewDeprecation:
        """Return what the use case takes."""
        successor = None if self.successor is None else Reference.parse(self.successor)
        return NewDeprecation(self.ends_at, successor, self.notice)


class DeprecationOut(Out):
    """That a version should no longer be used; `successor` is an exact reference."""

    since: Timestamp
    ends_at: Timestamp | None
    successor: str | None
    notice: str


class VersionOut(Out):
    """A version and its whole record."""

    id: str
    model: str
    number: int
    version: str
    reference: str
    stage: str
    description: str
    message: str
    manifest_digest: str
    file_count: int
    total_size: int
    aliases: list[str]
    tags: dict[str, str]
    metrics: list[MetricDoc]
    params: dict[str, bool | int | float | str]
    training_data: list[DataRefDoc]
    validation_data: list[DataRefDoc]
    training_code: TrainingCodeDoc | None
    environment: EnvironmentDoc | None
    signature: Any
    parents: list[ParentOut]
    preprocessing: Any
    created_at: Timestamp
    created_by: PrincipalOut
    changed_at: Timestamp
    changed_by: PrincipalOut
    deleted_at: Timestamp | None
    quarantined_at: Timestamp | None = Field(None, description="Since when its files are not handed out")
    deprecation: DeprecationOut | None = None
    revision: int
    found_by: StandingOut | None = Field(None, description="The alias or stage that led here, where one did")
    notes: list[str] = Field(default_factory=list)
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, version: ModelVersion, names: Names, **more: Any) -> Self:  # noqa: ANN401 - notes and audit
        """Present a version."""
        record = version.record
        code, environment = record.training_code, record.environment
        return cls(
            id=version.id,
            model=str(version.model),
            number=version.number,
            version=str(version.version),
            reference=version.reference,
            stage=version.stage,
            description=record.description,
            message=record.message,
            manifest_digest=str(version.manifest_digest),
            file_count=version.file_count,
            total_size=version.total_size,
            aliases=list(version.aliases),
            tags=dict(record.tags),
            metrics=[MetricDoc.of(metric) for metric in record.metrics],
            params=dict(record.parameters),
            training_data=[DataRefDoc.of(data) for data in record.training_data],
            validation_data=[DataRefDoc.of(data) for data in record.validation_data],
            training_code=TrainingCodeDoc(**asdict(code)) if code else None,
            environment=EnvironmentDoc(**asdict(environment)) if environment else None,
            signature=record.signature,
            parents=[ParentOut(**asdict(parent)) for parent in record.parents],
            preprocessing=record.preprocessing,
            created_at=version.created_at,
            created_by=PrincipalOut.of(version.created_by, names),
            changed_at=version.changed_at,
            changed_by=PrincipalOut.of(version.changed_by, names),
            deleted_at=version.deleted_at,
            quarantined_at=version.quarantined_at,
            deprecation=DeprecationOut(**asdict(version.deprecation)) if version.deprecation else None,
            revision=version.revision,
            found_by=None if version.found_by is None else StandingOut.of(version.found_by, names),
            **more,
        )

    @classmethod
    def of_recorded(cls, recorded: Recorded[ModelVersion], names: Names) -> Self:
        """Present a changed version with its receipt."""
        return cls.of(recorded.value, names, audit=ReceiptOut.of(recorded.receipt))

    @classmethod
    def of_registered(cls, recorded: Recorded[RegisteredVersion], names: Names) -> Self:
        """Present a registered version with its receipt and what the registry says of it."""
        registered = recorded.value
        return cls.of(registered.version, names, notes=list(registered.notes), audit=ReceiptOut.of(recorded.receipt))
