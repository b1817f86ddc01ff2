"""Hands out the content of versions to who may download it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.artifacts import ArtifactService, BlobSource, UploadLimits
from modelkeep.domains.audit import AccessRecorder
from modelkeep.domains.catalog.domain.errors import FileNotFoundInVersionError
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.operations.guarded import Guarded
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
        version = self._version(actor, Permission.VERSION_READ, _reference(model, selector, as_of))
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
        version = self._version(actor, Permission.VERSION_DOWNLOAD, _reference(model, selector, as_of))
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
        version = self._version(actor, Permission.VERSION_DOWNLOAD, _reference(model, selector, as_of))
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

    def _version(self, actor: Actor, permission: Permission, reference: Reference) -> ModelVersion:
        with self.database.snapshot() as tx:
            return Guarded(tx, self.access, actor).resolve(permission, reference)


def _reference(model: ModelName, selector: Selector, as_of: datetime | None) -> Reference:
    return Reference(None, model.namespace, model.name, selector, as_of)
