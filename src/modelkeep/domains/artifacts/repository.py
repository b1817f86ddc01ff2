"""Loads and stores blobs, manifests and uploads. SQL of artifacts lives here and nowhere else."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.artifacts.domain import Artifact, ArtifactNotFoundError, ExpectedBlob, Upload
from modelkeep.domains.artifacts.tables import BlobRow, ManifestBlobRow, ManifestRow, UploadBlobRow, UploadRow
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import Transaction

BATCH = 500  # bound parameters of one statement stay below every database's limit


class ArtifactRepository:
    """Blobs, manifests and uploads within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session
        self._dialect = postgresql if tx.dialect == "postgresql" else sqlite

    def stored(self, digests: Sequence[Digest]) -> frozenset[Digest]:
        """Return which of the blobs are stored."""
        found: set[Digest] = set()
        for start in range(0, len(digests), BATCH):
            batch = [str(digest) for digest in digests[start : start + BATCH]]
            rows = self._session.scalars(select(BlobRow.digest).where(BlobRow.digest.in_(batch)))
            found.update(Digest.parse(row) for row in rows)
        return frozenset(found)

    def add_blobs(self, blobs: Sequence[ExpectedBlob], now: datetime) -> None:
        """Record verified blobs; those already recorded stay as they are."""
        rows = [{"digest": str(blob.digest), "size": blob.size, "created_at": now} for blob in blobs]
        self._session.execute(self._dialect.insert(BlobRow).on_conflict_do_nothing(), rows)

    def find_artifact(self, digest: Digest) -> Artifact | None:
        """Return the artifact with this manifest digest, or None."""
        row = self._session.execute(
            select(ManifestRow.file_count, ManifestRow.total_size).where(ManifestRow.digest == str(digest))
        ).one_or_none()
        return None if row is None else Artifact(digest, row.file_count, row.total_size)

    def document(self, digest: Digest) -> bytes:
        """Return a manifest as it was stored."""
        found = self._session.scalar(select(ManifestRow.document).where(ManifestRow.digest == str(digest)))
        if found is None:
            raise ArtifactNotFoundError(f"no artifact {digest} is stored", digest=str(digest))
        return found

    def add_artifact(self, artifact: Artifact, document: bytes, blobs: Sequence[Digest], now: datetime) -> None:
        """Store a manifest and its references; one that is stored already stays as it is."""
        values = {
            "digest": str(artifact.digest),
            "document": document,
            "file_count": artifact.file_count,
            "total_size": artifact.total_size,
            "created_at": now,
        }
        added = self._session.execute(
            self._dialect.insert(ManifestRow).values(values).on_conflict_do_nothing().returning(ManifestRow.digest)
        )
        if added.one_or_none() is not None and blobs:
            references = [{"manifest_digest": str(artifact.digest), "blob_digest": str(blob)} for blob in blobs]
            self._session.execute(insert(ManifestBlobRow), references)

    def find_upload(self, upload_id: str, owner: str) -> Upload | None:
        """Return a principal's upload, or None."""
        row = self._session.execute(
            select(*_UPLOAD).where(UploadRow.id == upload_id, UploadRow.created_by == owner)
        ).one_or_none()
        return None if row is None else _upload(row)

    def find_open_upload(self, scope: str, owner: str, manifest: Digest, now: datetime) -> Upload | None:
        """Return the upload of the same content by the same principal for the same model, to resume it."""
        row = self._session.execute(
            select(*_UPLOAD)
            .where(
                UploadRow.scope == scope,
                UploadRow.created_by == owner,
                UploadRow.manifest_digest == str(manifest),
                UploadRow.expires_at > now,
            )
            .order_by(UploadRow.created_at)
            .limit(1)
        ).one_or_none()
        return None if row is None else _upload(row)

    def add_upload(self, upload: Upload, document: bytes, blobs: Mapping[Digest, int]) -> None:
        """Store a new upload and the blobs it names."""
        self._session.execute(
            insert(UploadRow).values(
                id=upload.id,
                scope=upload.scope,
                manifest_digest=str(upload.manifest_digest),
                document=document,
                created_by=upload.created_by,
                created_at=upload.created_at,
                expires_at=upload.expires_at,
            )
        )
        rows = [{"upload_id": upload.id, "digest": str(digest), "size": size} for digest, size in blobs.items()]
        if rows:
            self._session.execute(insert(UploadBlobRow), rows)

    def upload_document(self, upload_id: str) -> bytes:
        """Return the manifest of an upload."""
        return self._session.scalars(select(UploadRow.document).where(UploadRow.id == upload_id)).one()

    def expected(self, upload_id: str, digests: Sequence[Digest]) -> frozenset[ExpectedBlob]:
        """Return those of the blobs that an upload names."""
        found: set[ExpectedBlob] = set()
        query = select(UploadBlobRow.digest, UploadBlobRow.size).where(UploadBlobRow.upload_id == upload_id)
        for start in range(0, len(digests), BATCH):
            batch = [str(digest) for digest in digests[start : start + BATCH]]
            rows = self._session.execute(query.where(UploadBlobRow.digest.in_(batch)))
            found.update(ExpectedBlob(Digest.parse(row.digest), row.size) for row in rows)
        return frozenset(found)

    def missing(self, upload_id: str) -> tuple[ExpectedBlob, ...]:
        """Return the blobs that an upload names and the registry lacks."""
        rows = self._session.execute(
            select(UploadBlobRow.digest, UploadBlobRow.size)
            .outerjoin(BlobRow, BlobRow.digest == UploadBlobRow.digest)
            .where(UploadBlobRow.upload_id == upload_id, BlobRow.digest.is_(None))
            .order_by(UploadBlobRow.digest)
        )
        return tuple(ExpectedBlob(Digest.parse(row.digest), row.size) for row in rows)

    def remove_upload(self, upload_id: str) -> None:
        """Drop an upload and what it named; the bytes are the caller's to discard."""
        self._session.execute(delete(UploadBlobRow).where(UploadBlobRow.upload_id == upload_id))
        self._session.execute(delete(UploadRow).where(UploadRow.id == upload_id))

    def expired_uploads(self, now: datetime) -> tuple[str, ...]:
        """Return uploads past their time, at most 100."""
        rows = self._session.scalars(select(UploadRow.id).where(UploadRow.expires_at <= now).limit(100))
        return tuple(rows)


_UPLOAD = (
    UploadRow.id,
    UploadRow.scope,
    UploadRow.manifest_digest,
    UploadRow.created_by,
    UploadRow.created_at,
    UploadRow.expires_at,
)


def _upload(row: Row[str, str, str, str, datetime, datetime]) -> Upload:
    upload_id, scope, manifest, owner, created_at, expires_at = row
    return Upload(upload_id, scope, Digest.parse(manifest), PrincipalId(owner), created_at, expires_at)
