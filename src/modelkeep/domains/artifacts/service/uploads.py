"""Takes blobs in: in resumable parts or small batches, each verified before it counts as stored."""

from collections.abc import Iterable
from dataclasses import dataclass

from modelkeep.domains.access import AccessService, Permission, Scope
from modelkeep.domains.artifacts.domain import (
    LINK_LIFE,
    BlobMismatchError,
    BlobNotExpectedError,
    ExpectedBlob,
    PartPlan,
    Upload,
    UploadLimits,
    UploadNotFoundError,
    UploadPlan,
    blob_key,
    staging_id,
)
from modelkeep.domains.artifacts.repository import ArtifactRepository
from modelkeep.kernel.blob_frames import BlobFrame
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.digests import Digest, Hasher
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Database, Transaction
from modelkeep.platform.jobs import KeyedTasks
from modelkeep.platform.objectstore import ObjectStore, Staging, StagingIncompleteError

VERIFY_WAIT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class UploadService:
    """Uploads of the actor's own, in resumable parts or small batches."""

    database: Database
    access: AccessService
    store: ObjectStore
    clock: Clock
    limits: UploadLimits
    verifications: KeyedTasks

    def status(self, actor: Actor, upload_id: str) -> UploadPlan:
        """Return the actor's upload and what it still lacks."""
        with self.database.snapshot() as tx:
            upload = self._own(tx, actor, upload_id)
            return UploadPlan(upload, ArtifactRepository(tx).missing(upload_id), self.limits)

    def plan_blob(self, actor: Actor, upload_id: str, digest: Digest) -> tuple[PartPlan, ...]:
        """Return the parts of a blob: which are there, and where each other one goes."""
        staging = self._staging(self._expect(actor, upload_id, digest), upload_id)
        received = self.store.parts(staging)
        plans = []
        for number in range(1, staging.part_count + 1):
            offset, length = staging.part(number)
            there = number in received
            request = None if there else self.store.sign_part(staging, number, expires_in=LINK_LIFE)
            plans.append(PartPlan(number, offset, length, there, request))
        return tuple(plans)

    def receive_part(self, actor: Actor, upload_id: str, digest: Digest, number: int, data: Iterable[bytes]) -> None:
        """Take one part of a blob; a part that came before is written again.

        Raises:
            PartSizeError: there is no such part, or the data is longer or shorter than the part.
        """
        staging = self._staging(self._expect(actor, upload_id, digest), upload_id)
        self.store.write_part(staging, number, data)

    def complete_blob(self, actor: Actor, upload_id: str, digest: Digest) -> bool:
        """Verify a blob whose parts are all there and store it; False while that still goes on: ask again.

        Raises:
            StagingIncompleteError: parts are missing; the details list some.
            BlobMismatchError: the bytes have another digest; they are dropped.
        """
        blob = self._expect(actor, upload_id, digest)
        if self._is_held(upload_id, digest):
            return True
        return self.verifications.run(
            staging_id(upload_id, digest), lambda: self._verify(blob, upload_id), wait_seconds=VERIFY_WAIT_SECONDS
        )

    def _is_held(self, upload_id: str, digest: Digest) -> bool:
        with self.database.snapshot() as tx:
            return ArtifactRepository(tx).is_held(upload_id, digest)

    def _verify(self, blob: ExpectedBlob, upload_id: str) -> None:
        staging, hasher = self._staging(blob, upload_id), Hasher()

        def accept() -> None:
            if hasher.digest() != blob.digest:
                raise _mismatch(blob.digest, hasher.digest())

        try:
            self.store.publish(staging, blob_key(blob.digest), hasher.update, accept)
        except StagingIncompleteError:
            if self._is_held(upload_id, blob.digest):
                return  # a repetition of this request was faster
            raise
        except BlobMismatchError:
            self.store.discard(staging.id)
            raise
        with self.database.transaction() as tx:
            ArtifactRepository(tx).add_blobs(upload_id, [blob], self.clock())

    def receive_batch(self, actor: Actor, upload_id: str, frames: Iterable[BlobFrame]) -> tuple[Digest, ...]:
        """Take in many small blobs: each is verified, stored, and recorded once all of the batch are.

        Raises:
            BlobNotExpectedError: the upload's manifest does not name a blob.
            BlobMismatchError: a blob's bytes are not what its digest says; nothing of the batch is recorded, and all
                of it is asked for again.
        """
        batch = tuple(frames)
        with self.database.snapshot() as tx:
            self._own(tx, actor, upload_id)
            named = ArtifactRepository(tx).expected(upload_id, [frame.digest for frame in batch])
        for frame in batch:
            if ExpectedBlob(frame.digest, len(frame.data)) not in named:
                raise _not_expected(frame.digest, upload_id)
        blobs = [_verified(frame) for frame in batch]
        if blobs:
            self.store.put({blob_key(frame.digest): frame.data for frame in batch})
            with self.database.transaction() as tx:
                ArtifactRepository(tx).add_blobs(upload_id, blobs, self.clock())
        return tuple(blob.digest for blob in blobs)

    def cancel(self, actor: Actor, upload_id: str) -> None:
        """Drop the actor's upload and what came of it: a later one is asked for all of it again."""
        with self.database.transaction() as tx:
            self._own(tx, actor, upload_id)
            ArtifactRepository(tx).remove_upload(upload_id)
        self.store.discard(upload_id)

    def discard_staging(self, upload_id: str) -> None:
        """Drop the parts of an upload that is no more."""
        self.store.discard(upload_id)

    def expire_uploads(self) -> int:
        """Drop uploads that nobody finished in seven days, a batch at once; return how many."""
        with self.database.transaction() as tx:
            artifacts = ArtifactRepository(tx)
            expired = artifacts.expired_uploads(self.clock())
            for upload_id in expired:
                artifacts.remove_upload(upload_id)
        for upload_id in expired:
            self.store.discard(upload_id)
        return len(expired)

    def _own(self, tx: Transaction, actor: Actor, upload_id: str) -> Upload:
        upload = ArtifactRepository(tx).find_upload(upload_id, actor.id)
        absent = UploadNotFoundError(
            f"no upload {upload_id} is open; it expired or its version is registered: push again", upload=upload_id
        )
        if upload is None or upload.expires_at <= self.clock():
            raise absent
        self.access.require(tx, actor, Permission.VERSION_CREATE, Scope(upload.scope), absent=absent)
        return upload

    def _expect(self, actor: Actor, upload_id: str, digest: Digest) -> ExpectedBlob:
        with self.database.snapshot() as tx:
            self._own(tx, actor, upload_id)
            named = ArtifactRepository(tx).expected(upload_id, [digest])
        for blob in named:
            return blob
        raise _not_expected(digest, upload_id)

    def _staging(self, blob: ExpectedBlob, upload_id: str) -> Staging:
        return Staging(staging_id(upload_id, blob.digest), blob.size, self.limits.part_size_for(blob.size))


def _not_expected(digest: Digest, upload_id: str) -> BlobNotExpectedError:
    return BlobNotExpectedError(
        f"the manifest of upload {upload_id} does not name blob {digest}; open a new upload for other files",
        digest=str(digest),
    )


def _verified(frame: BlobFrame) -> ExpectedBlob:
    found = Digest.of(frame.data)
    if found != frame.digest:
        raise _mismatch(frame.digest, found)
    return ExpectedBlob(found, len(frame.data))


def _mismatch(expected: Digest, received: Digest) -> BlobMismatchError:
    return BlobMismatchError(
        f"the bytes sent as {expected} are {received}: a file changed while it was pushed, or the transfer damaged it; "
        "push again",
        expected=str(expected),
        received=str(received),
    )
