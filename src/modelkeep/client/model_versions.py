"""A version of a model, as a program sees it: its whole record, and what can be done with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from modelkeep.client.answers import Answer
from modelkeep.client.card_values import Card
from modelkeep.client.inspections import Inspection
from modelkeep.client.progress import Progress
from modelkeep.client.records import DataRef, Environment, Metric, Metrics, Parent, Scalar, TrainingCode
from modelkeep.client.values import AliasInterval, Author, Model, Standing, read_tags
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.digests import Digest


class VersionActions(Protocol):
    """What a version asks of the registry it came from."""

    def pull(self, reference: str, destination: str | Path | None = None, *, progress: Progress | None = None) -> Path:
        """Bring its files here."""

    def set_alias(self, reference: str, alias: str) -> AliasInterval:
        """Point an alias to it."""

    def set_tag(self, reference: str, key: str, value: str) -> "Model | ModelVersion":
        """Tag it."""

    def log_metrics(self, reference: str, metrics: Metrics) -> "ModelVersion":
        """Add measurements."""

    def get_card(self, reference: str) -> Card:
        """Read its card."""

    def edit_card(self, reference: str, content: Mapping[str, object], *, revision: int | None = None) -> Card:
        """Change its card."""

    def inspection(self, reference: str) -> "Inspection":
        """Say what its files are."""


@dataclass(frozen=True, slots=True)
class Deprecation:
    """That a version should no longer be used: since when, until when it can be, what to use instead, and why."""

    since: datetime
    ends_at: datetime | None
    successor: str | None
    notice: str

    @classmethod
    def read(cls, answer: Answer | None) -> "Deprecation | None":
        """Read what the server says of it, if it says anything."""
        if answer is None:
            return None
        return cls(
            answer.time("since"),
            answer.find_time("ends_at"),
            answer.find_text("successor"),
            answer.find_text("notice") or "",
        )


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version of a model, as it was when it was asked for.

    Its methods go to the registry it came from. `notes` is what the registry had to say about the push that gave it,
    such as why the bump was a patch, or that nothing was registered; `found_by` is the alias or stage by which it was
    found, if it was by one.
    """

    id: str
    model: str
    number: int
    version: str
    stage: str
    description: str
    message: str
    manifest_digest: Digest
    file_count: int
    total_size: int
    tags: Mapping[str, str]
    aliases: tuple[str, ...]
    metrics: tuple[Metric, ...]
    params: Mapping[str, Scalar]
    training_data: tuple[DataRef, ...]
    validation_data: tuple[DataRef, ...]
    training_code: TrainingCode | None
    environment: Environment | None
    signature: Json
    parents: tuple[Parent, ...]
    preprocessing: Json
    created_at: datetime
    created_by: Author
    changed_at: datetime
    changed_by: Author
    deleted_at: datetime | None
    quarantined_at: datetime | None
    deprecation: Deprecation | None
    revision: int
    notes: tuple[str, ...]
    found_by: Standing | None
    document: Mapping[str, object] = field(repr=False, compare=False)
    registry: VersionActions | None = field(default=None, repr=False, compare=False)

    @property
    def reference(self) -> str:
        """The exact reference, `namespace/name:version`."""
        return f"{self.model}:{self.version}"

    def pull(self, destination: str | Path | None = None, *, progress: Progress | None = None) -> Path:
        """Bring the files here, as `Registry.pull` does."""
        return self._registry().pull(self.reference, destination, progress=progress)

    def set_alias(self, alias: str) -> AliasInterval:
        """Point an alias of the model to this version, as `Registry.set_alias` does."""
        return self._registry().set_alias(self.reference, alias)

    def set_tag(self, key: str, value: str) -> "Model | ModelVersion":
        """Tag this version and return it as it is then; as `Registry.set_tag` does."""
        return self._registry().set_tag(self.reference, key, value)

    def log_metrics(self, metrics: Metrics) -> "ModelVersion":
        """Add measurements and return the version with them, as `Registry.log_metrics` does."""
        return self._registry().log_metrics(self.reference, metrics)

    def inspection(self) -> "Inspection":
        """Return what was found out about the content of this version, as `Registry.inspection` does."""
        return self._registry().inspection(self.reference)

    def card(self) -> Card:
        """Return the card of this version, as `Registry.get_card` does."""
        return self._registry().get_card(self.reference)

    def edit_card(self, content: Mapping[str, object], *, revision: int | None = None) -> Card:
        """Make a document the card of this version, as `Registry.edit_card` does."""
        return self._registry().edit_card(self.reference, content, revision=revision)

    def bound(self, registry: VersionActions) -> "ModelVersion":
        """Return the version with a registry to go to."""
        return replace(self, registry=registry)

    def _registry(self) -> VersionActions:
        if self.registry is None:
            raise RuntimeError("This version came from no registry: get it from one to act on it.")
        return self.registry

    @classmethod
    def read(cls, answer: Answer) -> "ModelVersion":
        """Read what the server says."""
        code, environment = answer.find("training_code"), answer.find("environment")
        return cls(
            id=answer.text("id"),
            model=answer.text("model"),
            number=answer.integer("number"),
            version=answer.text("version"),
            stage=answer.text("stage"),
            description=answer.find_text("description") or "",
            message=answer.find_text("message") or "",
            manifest_digest=Digest.parse(answer.text("manifest_digest")),
            file_count=answer.integer("file_count"),
            total_size=answer.integer("total_size"),
            tags=read_tags(answer),
            aliases=answer.texts("aliases"),
            metrics=tuple(Metric.read(item) for item in answer.items("metrics")),
            params=_params(answer),
            training_data=tuple(DataRef.read(item) for item in answer.items("training_data")),
            validation_data=tuple(DataRef.read(item) for item in answer.items("validation_data")),
            training_code=TrainingCode.read(code) if code else None,
            environment=Environment.read(environment) if environment else None,
            signature=answer.json("signature"),
            parents=tuple(Parent.read(item) for item in answer.items("parents")),
            preprocessing=answer.json("preprocessing"),
            created_at=answer.time("created_at"),
            created_by=Author.read(answer.find("created_by")),
            changed_at=answer.time("changed_at"),
            changed_by=Author.read(answer.find("changed_by")),
            deleted_at=answer.find_time("deleted_at"),
            quarantined_at=answer.find_time("quarantined_at"),
            deprecation=Deprecation.read(answer.find("deprecation")),
            revision=answer.integer("revision"),
            notes=answer.texts("notes"),
            found_by=Standing.read(answer.find("found_by")),
            document=answer.document,
        )


def _params(answer: Answer) -> Mapping[str, Scalar]:
    return dict(_scalars(answer.mapping("params")))


def _scalars(values: Mapping[str, object]) -> Iterator[tuple[str, Scalar]]:
    for key, value in values.items():
        yield key, value if isinstance(value, str | int | float | bool) else str(value)
