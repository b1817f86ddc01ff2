"""Compares two versions in all that is known of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.artifacts import ArtifactService
from modelkeep.domains.catalog import Metric, ModelVersion, permitted_version
from modelkeep.domains.inspection.domain.changes import compare
from modelkeep.domains.inspection.domain.contents import ContentFacts
from modelkeep.domains.inspection.domain.diffs import (
    Difference,
    TensorDifferences,
    VersionDiff,
    differences,
    tensor_differences,
)
from modelkeep.domains.inspection.service.comparing import ContentComparer
from modelkeep.domains.inspection.service.tensor_digests import TensorDigests
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.manifests import FileEntry
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import Database, Transaction

CardSections: TypeAlias = Callable[[Transaction, str, str], tuple[str, ...]]
"""Returns the sections of the cards of two versions, by their ids, that differ."""

Files: TypeAlias = Mapping[str, FileEntry]


@dataclass(frozen=True, slots=True)
class DiffService:
    """Differences between versions."""

    database: Database
    access: AccessService
    artifacts: ArtifactService
    comparer: ContentComparer
    digests: TensorDigests
    card_sections: CardSections

    def diff(self, actor: Actor, before: Reference, after: Reference) -> VersionDiff:
        """Return what is different from one version to another, which may be of another model.

        Raises:
            VersionNotFoundError: one of them is not there, or the actor may not see it.
            CorruptBlobError, ObjectStoreUnavailableError: the bytes of tensors cannot be had.
        """
        with self.database.snapshot() as tx:
            old, new = (
                permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
                for reference in (before, after)
            )
            sections = self.card_sections(tx, old.id, new.id)
        old_files, new_files = (self.artifacts.files(version.manifest_digest) for version in (old, new))
        old_facts = self.comparer.facts(old.manifest_digest, old_files)
        new_facts = self.comparer.facts(new.manifest_digest, new_files)
        return VersionDiff(
            before=old.reference,
            after=new.reference,
            step=compare(old_facts, new_facts),
            metrics=_metrics(old, new),
            parameters=differences(old.record.parameters, new.record.parameters, str, str),
            files=_files(old_files, new_files),
            tensors=self._tensors((old, old_facts, old_files), (new, new_facts, new_files)),
            card_sections=sections,
        )

    def _tensors(
        self, old: tuple[ModelVersion, ContentFacts, Files], new: tuple[ModelVersion, ContentFacts, Files]
    ) -> TensorDifferences:
        sides = [self.digests.digested(version.manifest_digest, facts, files) for version, facts, files in (old, new)]
        return tensor_differences(*sides)


def _metrics(old: ModelVersion, new: ModelVersion) -> tuple[Difference, ...]:
    before, after = ({_named(metric): metric.value for metric in one.record.metrics} for one in (old, new))
    return differences(before, after, str, str)


def _named(metric: Metric) -> str:
    """Return the name of a metric, with what tells it from others of the name."""
    parts = (metric.dataset, metric.slice, None if metric.step is None else f"step {metric.step}")
    said = ", ".join(part for part in parts if part)
    return f"{metric.name} ({said})" if said else metric.name


def _files(old: Files, new: Files) -> tuple[Difference, ...]:
    before, after = ({path: (entry.digest, entry.size) for path, entry in files.items()} for files in (old, new))
    return differences(before, after, str, lambda entry: f"{entry[1]} bytes, {str(entry[0])[:19]}")
