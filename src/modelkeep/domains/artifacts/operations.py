"""What higher domains do with artifacts inside their own transactions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelkeep.domains.artifacts.domain import (
    UPLOAD_LIFE,
    Artifact,
    BlobMissingError,
    ExpectedBlob,
    Upload,
    UploadLimits,
    UploadNotFoundError,
    UploadPlan,
    expected_blobs,
    no_such_artifact,
)
from modelkeep.domains.artifacts.repository import ArtifactRepository, Readable
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.manifests import Manifest
from modelkeep.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class ReadableContent:
    """What an actor may download: a condition on manifest digests, and the values it is executed with."""

    condition: Readable
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ArtifactOperations:
    """Opens uploads, and turns a complete one into an artifact."""

    clock: Clock
    new_id: IdSource
    limits: UploadLimits

    def open_upload(
        self, tx: Transaction, actor: Actor, scope: str, manifest: Manifest, readable: ReadableContent
    ) -> UploadPlan:
        """Open an upload of this content, or find the one that the actor has begun; say which blobs are missing.

        A blob that is stored already is not asked for again if the actor could download it (`readable`), or sent it
        for this very upload. Any other must be sent, stored or not: to know a digest is not to have the bytes, and the
        answer does not tell whether somebody else has stored them.

        Raises:
            BlobMismatchError: the manifest gives a blob another size than it has, or two sizes.
        """
        artifacts, now = ArtifactRepository(tx), self.clock()
        upload = artifacts.find_open_upload(scope, actor.id, manifest.digest, now)
        if upload is None:
            upload = Upload(self.new_id(), scope, manifest.digest, actor.id, now, now + UPLOAD_LIFE)
            artifacts.add_upload(upload, manifest.document(), expected_blobs(manifest))
        artifacts.hold_readable(upload.id, readable.condition, readable.values)
        return UploadPlan(upload, artifacts.missing(upload.id), self.limits)

    def seal(self, tx: Transaction, actor: Actor, scope: str, upload_id: str) -> Artifact:
        """Turn an upload whose blobs are all stored into an artifact; the upload is gone after that.

        Raises:
            UploadNotFoundError: the actor has no such upload for this model.
            BlobMissingError: blobs are still missing; the details count them and name some.
            BlobMismatchError: the manifest gives a blob another size than it has.
        """
        artifacts = ArtifactRepository(tx)
        upload = artifacts.find_upload(upload_id, actor.id)
        if upload is None or upload.scope != scope:
            raise UploadNotFoundError(f"no upload {upload_id} is open for this model; push again", upload=upload_id)
        missing = artifacts.missing(upload_id)
        if missing:
            raise BlobMissingError(
                f"{len(missing)} files of this version are not stored yet; upload them and try again",
                missing=[str(blob.digest) for blob in missing[:10]],
                count=len(missing),
            )
        document = artifacts.upload_document(upload_id)
        manifest = Manifest.parse(document)
        artifact = Artifact(upload.manifest_digest, len(manifest.files), manifest.total_size)
        artifacts.add_artifact(artifact, document, list(expected_blobs(manifest)), self.clock())
        artifacts.remove_upload(upload_id)
        return artifact

    def adopt(self, tx: Transaction, manifest: Manifest) -> Artifact:
        """Record an artifact whose bytes the same use case has kept just now, see `ArtifactService.keep`."""
        artifacts, now = ArtifactRepository(tx), self.clock()
        blobs = [ExpectedBlob(digest, size) for digest, size in expected_blobs(manifest).items()]
        artifacts.record_blobs(blobs, now)
        artifact = Artifact(manifest.digest, len(manifest.files), manifest.total_size)
        artifacts.add_artifact(artifact, manifest.document(), [blob.digest for blob in blobs], now)
        return artifact

    def whole_manifest(
        self, tx: Transaction, actor: Actor, scope: str, upload_id: str | None, digest: Digest
    ) -> Manifest | None:
        """Return the manifest of content that is all stored: that of the actor's upload, or of an artifact."""
        artifacts = ArtifactRepository(tx)
        if upload_id is None:
            known = artifacts.find_artifact(digest)
            return None if known is None else Manifest.parse(artifacts.document(digest))
        upload = artifacts.find_upload(upload_id, actor.id)
        if upload is None or (upload.scope, upload.manifest_digest) != (scope, digest) or artifacts.missing(upload_id):
            return None
        return Manifest.parse(artifacts.upload_document(upload_id))

    def drop_upload(self, tx: Transaction, actor: Actor, scope: str, upload_id: str | None) -> str | None:
        """Drop an upload whose content is there already, if it is the actor's for this model; return its id."""
        artifacts = ArtifactRepository(tx)
        upload = None if upload_id is None else artifacts.find_upload(upload_id, actor.id)
        if upload is None or upload.scope != scope:
            return None
        artifacts.remove_upload(upload.id)
        return upload.id

    def artifact(self, tx: Transaction, digest: Digest) -> Artifact:
        """Return a stored artifact.

        Raises:
            ArtifactNotFoundError: there is none with this manifest digest.
        """
        found = ArtifactRepository(tx).find_artifact(digest)
        if found is None:
            raise no_such_artifact(digest)
        return found


def manifest_of(tx: Transaction, digest: Digest) -> Manifest:
    """Return a stored manifest, for a domain that reads files in a transaction of its own.

    Raises:
        ArtifactNotFoundError: there is none with this digest.
    """
    return Manifest.parse(ArtifactRepository(tx).document(digest))
