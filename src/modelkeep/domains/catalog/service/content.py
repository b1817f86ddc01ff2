"""Hands out the content of versions to who may download it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import AccessService, Permission, Scope
from modelkeep.domains.artifacts import ArtifactService, BlobSource, UploadLimits
from modelkeep.domains.audit import AccessRecorder
from modelkeep.domains.catalog.domain.errors import FileNotFoundInVersionError, QuarantinedError
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.operations.guarded import Guarded
from modelkeep.domains.catalog.repository import VersionRepository
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.events import Json
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.manifests import FileEntry
from modelkeep.kernel.references import ModelName, Reference, Selector
from modelkeep.platform.database import Database


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file of a version, and its bytes."""

    entry: FileEntry
    source: BlobSource


@dataclass(frozen=True, slots=True)
class ContentService:
    """Manifests and files of versions."""

    database: Database
    access: AccessService
    artifacts: ArtifactService
    limits: UploadLimits
    reads: AccessRecorder

    def manifest(
        self, actor: Actor, model: ModelName, selector: Selector, *, as_of: datetime | None = None
    ) -> tuple[Digest, bytes]:
        """Return the manifest of a version that is there, or was at a time, byte for byte, and its digest."""
        with self.database.snapshot() as tx:
            reference = _reference(model, selector, as_of)
            version = Guarded(tx, self.access, actor).resolve(Permission.VERSION_READ, reference)
        document = self.artifacts.document(version.manifest_digest)
        self.reads.note(version.handed_out("content.manifest_read", actor, self.reads.clock()))
        return version.manifest_digest, document

    def open_file(
        self, actor: Actor, model: ModelName, selector: Selector, path: str, *, as_of: datetime | None = None
    ) -> OpenFile:
        """Open one file of a version that is there, or was at a time.

        Raises:
            FileNotFoundInVersionError: the version has no file at this path.
        """
        version = self._downloadable(actor, _reference(model, selector, as_of))
        entry = self.artifacts.files(version.manifest_digest).get(path)
        if entry is None:
            raise FileNotFoundInVersionError(
                f"{version.reference} has no file {path!r}; its manifest lists those it has", path=path
            )
        facts: dict[str, Json] = {"digest": str(entry.digest), "size": entry.size}
        self.reads.note(version.handed_out("content.file_opened", actor, self.reads.clock(), facts))
        return OpenFile(entry, self.artifacts.blob(entry))

    def open_batch(
        self,
        actor: Actor,
        model: ModelName,
        selector: Selector,
        digests: Sequence[Digest],
        *,
        as_of: datetime | None = None,
    ) -> Iterator[BlobSource]:
        """Open many small blobs of a version at once, in the order asked for.

        Raises:
            InvalidValueError: a blob is too large for a batch, or the blobs together are.
            FileNotFoundInVersionError: the version has no file with such a digest.
        """
        version = self._downloadable(actor, _reference(model, selector, as_of))
        known = {entry.digest: entry for entry in self.artifacts.files(version.manifest_digest).values()}
        entries = [self._small(version, known, digest) for digest in digests]
        size = sum(entry.size for entry in entries)
        if size > self.limits.batch_total:
            raise InvalidValueError(f"a batch holds at most {self.limits.batch_total} bytes; ask for fewer blobs")
        facts: dict[str, Json] = {"files": len(entries), "size": size}
        self.reads.note(version.handed_out("content.blobs_opened", actor, self.reads.clock(), facts))
        return (self.artifacts.blob(entry) for entry in entries)

    def _small(self, version: ModelVersion, known: dict[Digest, FileEntry], digest: Digest) -> FileEntry:
        entry = known.get(digest)
        if entry is None:
            raise FileNotFoundInVersionError(f"{version.reference} has no file {digest}", digest=str(digest))
        if entry.size > self.limits.batch_blob:
            raise InvalidValueError(
                f"{entry.path} has {entry.size} bytes and does not go in a batch; download it alone"
            )
        return entry

    def _downloadable(self, actor: Actor, reference: Reference) -> ModelVersion:
        """Return a version whose files the actor may have; those of one in quarantine now only by a right of its own.

        Raises:
            QuarantinedError: the version is in quarantine, whatever it was at the time that was asked for.
        """
        with self.database.snapshot() as tx:
            version = Guarded(tx, self.access, actor).resolve(Permission.VERSION_DOWNLOAD, reference)
            if VersionRepository(tx).is_quarantined(version.id):
                scope = Scope.of_model(version.model)
                if not self.access.allows(tx, actor, Permission.VERSION_DOWNLOAD_QUARANTINED, scope):
                    raise QuarantinedError(
                        f"{version.reference} is in quarantine: its files are not handed out. Its audit entries say "
                        "why; use another version",
                        reference=version.reference,
                    )
            return version


def _reference(model: ModelName, selector: Selector, as_of: datetime | None) -> Reference:
    return Reference(None, model.namespace, model.name, selector, as_of)
