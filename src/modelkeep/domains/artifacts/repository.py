"""Loads and stores blobs, manifests and uploads. SQL of artifacts lives here and nowhere else."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Update, bindparam, delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.artifacts.domain import (
    Artifact,
    ArtifactNotFoundError,
    BlobMismatchError,
    ExpectedBlob,
    Upload,
)
from modelkeep.domains.artifacts.tables import BLOB, MANIFEST, MANIFEST_BLOB, UPLOAD, UPLOAD_BLOB
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import AnyRow, Transaction

EXPIRED_AT_ONCE: Final = 100
"""Uploads that are dropped in one go."""
BATCH = 500  # bound parameters of one statement stay below every database's limit

Readable = Callable[[ColumnElement[str]], ColumnElement[bool]]
"""From a column of manifest digests, the condition that the actor may download such content."""

_HOLD_SENT: Final = (
    update(UPLOAD_BLOB)
    .where(UPLOAD_BLOB.c.upload_id == bindparam("upload"), UPLOAD_BLOB.c.digest == bindparam("sent"))
    .values(held=True)
)
_ARTIFACT: Final = select(MANIFEST.c.file_count, MANIFEST.c.total_size).where(MANIFEST.c.digest == bindparam("wanted"))


class ArtifactRepository:
    """Blobs, manifests and uploads within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session
        self._dialect = postgresql if tx.dialect == "postgresql" else sqlite

    def is_held(self, upload_id: str, digest: Digest) -> bool:
        """Say whether an upload needs the bytes of a blob no more."""
        query = select(UPLOAD_BLOB.c.held).where(UPLOAD_BLOB.c.upload_id == upload_id)
        return bool(self._session.scalar(query.where(UPLOAD_BLOB.c.digest == str(digest))))

    def hold_readable(self, upload_id: str, readable: Readable, values: Mapping[str, Any]) -> None:
        """Mark the blobs of an upload that are part of an artifact its owner may download."""
        self._session.execute(_hold_statement(readable), {**values, "upload": upload_id})

    def add_blobs(self, upload_id: str, blobs: Sequence[ExpectedBlob], now: datetime) -> None:
        """Record blobs that were verified for an upload; those already recorded stay as they are."""
        self.record_blobs(blobs, now)
        self._session.execute(_HOLD_SENT, [{"upload": upload_id, "sent": str(blob.digest)} for blob in blobs])

    def record_blobs(self, blobs: Sequence[ExpectedBlob], now: datetime) -> None:
        """Record blobs whose bytes are verified and stored; those already recorded stay as they are."""
        in_order = sorted(blobs, key=lambda blob: blob.digest)  # or two batches of the same blobs could deadlock
        rows = [{"digest": str(blob.digest), "size": blob.size, "created_at": now} for blob in in_order]
        self._session.execute(self._dialect.insert(BLOB).on_conflict_do_nothing(), rows)

    def find_artifact(self, digest: Digest) -> Artifact | None:
        """Return the artifact with this manifest digest, or None."""
        row = self._session.execute(_ARTIFACT, {"wanted": str(digest)}).one_or_none()
        return None if row is None else Artifact(digest, row.file_count, row.total_size)

    def document(self, digest: Digest) -> bytes:
        """Return a manifest as it was stored."""
        found: bytes | None = self._session.scalar(select(MANIFEST.c.document).where(MANIFEST.c.digest == str(digest)))
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
            self._dialect.insert(MANIFEST).values(values).on_conflict_do_nothing().returning(MANIFEST.c.digest)
        )
        if added.one_or_none() is not None and blobs:
            references = [{"manifest_digest": str(artifact.digest), "blob_digest": str(blob)} for blob in blobs]
            self._session.execute(insert(MANIFEST_BLOB), references)

    def find_upload(self, upload_id: str, owner: str) -> Upload | None:
        """Return a principal's upload, or None."""
        row = self._session.execute(
            select(*_UPLOAD).where(UPLOAD.c.id == upload_id, UPLOAD.c.created_by == owner)
        ).one_or_none()
        return None if row is None else _upload(row)

    def find_open_upload(self, scope: str, owner: str, manifest: Digest, now: datetime) -> Upload | None:
        """Return the upload of the same content by the same principal for the same model, to resume it."""
        row = self._session.execute(
            select(*_UPLOAD)
            .where(
                UPLOAD.c.scope == scope,
                UPLOAD.c.created_by == owner,
                UPLOAD.c.manifest_digest == str(manifest),
                UPLOAD.c.expires_at > now,
            )
            .order_by(UPLOAD.c.created_at)
            .limit(1)
        ).one_or_none()
        return None if row is None else _upload(row)

    def add_upload(self, upload: Upload, document: bytes, blobs: Mapping[Digest, int]) -> None:
        """Store a new upload and the blobs it names."""
        self._session.execute(
            insert(UPLOAD).values(
                id=upload.id,
                scope=upload.scope,
                manifest_digest=str(upload.manifest_digest),
                document=document,
                created_by=upload.created_by,
                created_at=upload.created_at,
                expires_at=upload.expires_at,
            )
        )
        rows = [
            {"upload_id": upload.id, "digest": str(digest), "size": size, "held": False}
            for digest, size in blobs.items()
        ]
        if rows:
            self._session.execute(insert(UPLOAD_BLOB), rows)

    def upload_document(self, upload_id: str) -> bytes:
        """Return the manifest of an upload."""
        document: bytes = self._session.scalars(select(UPLOAD.c.document).where(UPLOAD.c.id == upload_id)).one()
        return document

    def expected(self, upload_id: str, digests: Sequence[Digest]) -> frozenset[ExpectedBlob]:
        """Return those of the blobs that an upload names."""
        found: set[ExpectedBlob] = set()
        query = select(UPLOAD_BLOB.c.digest, UPLOAD_BLOB.c.size).where(UPLOAD_BLOB.c.upload_id == upload_id)
        for start in range(0, len(digests), BATCH):
            batch = [str(digest) for digest in digests[start : start + BATCH]]
            rows = self._session.execute(query.where(UPLOAD_BLOB.c.digest.in_(batch)))
            found.update(ExpectedBlob(Digest.parse(row.digest), row.size) for row in rows)
        return frozenset(found)

    def missing(self, upload_id: str) -> tuple[ExpectedBlob, ...]:
        """Return the blobs that an upload names and does not hold, whether or not the registry has them.

        Raises:
            BlobMismatchError: a blob that is stored has another size than the upload says.
        """
        rows = self._session.execute(
            select(UPLOAD_BLOB.c.digest, UPLOAD_BLOB.c.size, UPLOAD_BLOB.c.held, BLOB.c.size.label("stored"))
            .outerjoin(BLOB, BLOB.c.digest == UPLOAD_BLOB.c.digest)
            .where(
                UPLOAD_BLOB.c.upload_id == upload_id,
                UPLOAD_BLOB.c.held.is_(False) | (BLOB.c.size != UPLOAD_BLOB.c.size),
            )
            .order_by(UPLOAD_BLOB.c.digest)
        ).all()
        for row in rows:
            if row.held:
                raise BlobMismatchError(
                    f"blob {row.digest} has {row.stored} bytes, not {row.size}: the manifest is wrong; push again",
                    digest=row.digest,
                )
        return tuple(ExpectedBlob(Digest.parse(row.digest), row.size) for row in rows)

    def remove_upload(self, upload_id: str) -> None:
        """Drop an upload and what it named; the bytes are the caller's to discard."""
        self._session.execute(delete(UPLOAD_BLOB).where(UPLOAD_BLOB.c.upload_id == upload_id))
        self._session.execute(delete(UPLOAD).where(UPLOAD.c.id == upload_id))

    def expired_uploads(self, now: datetime) -> tuple[str, ...]:
        """Return uploads past their time, a batch of them."""
        rows = self._session.scalars(select(UPLOAD.c.id).where(UPLOAD.c.expires_at <= now).limit(EXPIRED_AT_ONCE))
        return tuple(rows)


@cache
def _hold_statement(readable: Readable) -> Update:
    """Return the statement of `hold_readable`, which is the same for every upload."""
    known = exists().where(
        MANIFEST_BLOB.c.blob_digest == UPLOAD_BLOB.c.digest, readable(MANIFEST_BLOB.c.manifest_digest)
    )
    return (
        update(UPLOAD_BLOB)
        .where(UPLOAD_BLOB.c.upload_id == bindparam("upload"), UPLOAD_BLOB.c.held.is_(False), known)
        .values(held=True)
    )


_UPLOAD = (
    UPLOAD.c.id,
    UPLOAD.c.scope,
    UPLOAD.c.manifest_digest,
    UPLOAD.c.created_by,
    UPLOAD.c.created_at,
    UPLOAD.c.expires_at,
)


def _upload(row: AnyRow) -> Upload:
    upload_id, scope, manifest, owner, created_at, expires_at = row
    return Upload(upload_id, scope, Digest.parse(manifest), PrincipalId(owner), created_at, expires_at)
