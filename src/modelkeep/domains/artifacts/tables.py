"""How blobs, manifests and uploads are recorded. Rows never leave the repository."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, false
from sqlalchemy.orm import Mapped, mapped_column

from modelkeep.platform.database import Base, UtcDateTime, ordered_text, table_of


class BlobRow(Base):
    """A verified blob in the object store. Content that no manifest refers to is not reachable."""

    __tablename__ = "artifact_blob"
    bookkeeping = True

    digest: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ManifestRow(Base):
    """The manifest of a version's artifact, byte for byte."""

    __tablename__ = "artifact_manifest"

    digest: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    document: Mapped[bytes] = mapped_column(LargeBinary)
    file_count: Mapped[int]
    total_size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ManifestBlobRow(Base):
    """A reference from a manifest to a blob: what keeps the blob alive."""

    __tablename__ = "artifact_manifest_blob"

    manifest_digest: Mapped[str] = mapped_column(ForeignKey("artifact_manifest.digest"), primary_key=True)
    blob_digest: Mapped[str] = mapped_column(ForeignKey("artifact_blob.digest"), primary_key=True, index=True)


class UploadRow(Base):
    """Content on its way."""

    __tablename__ = "artifact_upload"
    __table_args__ = (Index(None, "scope", "created_by", "manifest_digest"),)
    bookkeeping = True

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    scope: Mapped[str] = mapped_column(ordered_text())
    manifest_digest: Mapped[str] = mapped_column(ordered_text())
    document: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[str] = mapped_column(ordered_text())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class UploadBlobRow(Base):
    """A blob that an upload names: only these are taken in.

    It is `held` once its bytes came with this upload, or where whoever opened it could download them anyway.
    """

    __tablename__ = "artifact_upload_blob"
    bookkeeping = True

    upload_id: Mapped[str] = mapped_column(ForeignKey("artifact_upload.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[bool] = mapped_column(server_default=false())


BLOB = table_of(BlobRow)
MANIFEST = table_of(ManifestRow)
MANIFEST_BLOB = table_of(ManifestBlobRow)
UPLOAD = table_of(UploadRow)
UPLOAD_BLOB = table_of(UploadBlobRow)
