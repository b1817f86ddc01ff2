"""What an artifact is, how it arrives and under which keys it is kept. Rules only: no I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.manifests import Manifest

MEBIBYTE: Final = 1024 * 1024
UPLOAD_LIFE: Final = timedelta(days=7)
LINK_LIFE: Final = timedelta(hours=1)
MAX_PARTS: Final = 10_000


class UploadNotFoundError(RegistryError):
    """There is no such upload for this actor: it never was, it has expired, or its version is registered."""

    kind = Kind.NOT_FOUND
    code = "artifacts.upload_not_found"


class BlobNotExpectedError(RegistryError):
    """The manifest of the upload does not name this blob."""

    kind = Kind.INVALID
    code = "artifacts.blob_not_expected"


class BlobMismatchError(RegistryError):
    """The bytes that came are not the bytes that were announced."""

    kind = Kind.INVALID
    code = "artifacts.blob_mismatch"


class BlobMissingError(RegistryError):
    """A version cannot be registered before all of its content is stored."""

    kind = Kind.BLOCKED
    code = "artifacts.blobs_missing"


class ArtifactNotFoundError(RegistryError):
    """No artifact with this manifest digest is stored."""

    kind = Kind.NOT_FOUND
    code = "artifacts.artifact_not_found"


def no_such_artifact(digest: Digest) -> ArtifactNotFoundError:
    """Return the error for content that is not stored, or that the actor may not download."""
    return ArtifactNotFoundError(f"no artifact {digest} is stored; upload its files first", digest=str(digest))


class CorruptBlobError(RegistryError):
    """A stored blob is gone or is no longer what its digest says."""

    kind = Kind.CORRUPT
    code = "artifacts.corrupt_blob"


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Sizes of a transfer, in bytes.

    `part_size` is what an interrupted upload loses at most; blobs up to `batch_blob` travel many in one request, of at
    most `batch_total`.
    """

    part_size: int = 32 * MEBIBYTE
    batch_blob: int = MEBIBYTE
    batch_total: int = 8 * MEBIBYTE

    def part_size_for(self, size: int) -> int:
        """Return the size of all parts but the last: more than usual where 10,000 parts would not do."""
        return max(self.part_size, -(-size // MAX_PARTS))


@dataclass(frozen=True, slots=True)
class Upload:
    """Content on its way: a manifest, for one model (`scope` is its name), by one principal."""

    id: str
    scope: str
    manifest_digest: Digest
    created_by: PrincipalId
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ExpectedBlob:
    """A blob that an upload's manifest names."""

    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class UploadPlan:
    """An upload, and what of it the registry lacks."""

    upload: Upload
    missing: tuple[ExpectedBlob, ...]
    limits: UploadLimits


class SignedRequest(Protocol):
    """A request that anyone who holds it may send, straight to the object store, until it expires."""

    @property
    def method(self) -> str:
        """The HTTP method."""

    @property
    def url(self) -> str:
        """The absolute URL, signature included."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that must go with it."""


@dataclass(frozen=True, slots=True)
class PartPlan:
    """One part of a blob: where it lies, whether it is there, and where to send it if not to the server."""

    number: int
    offset: int
    size: int
    received: bool
    request: SignedRequest | None


@dataclass(frozen=True, slots=True)
class Artifact:
    """The content of a version: a manifest and its sums."""

    digest: Digest
    file_count: int
    total_size: int


class BlobSource(Protocol):
    """A stored blob, open for reading."""

    @property
    def digest(self) -> Digest:
        """What the bytes must hash to."""

    @property
    def size(self) -> int:
        """The size in bytes."""

    def link(self) -> SignedRequest | None:
        """Return a presigned download, for a store that can sign."""

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of a half-open range.

        Raises:
            CorruptBlobError: the object is gone, or cut short.
        """


def blob_key(digest: Digest) -> str:
    """Return the key of a blob in the object store."""
    return f"blobs/sha256/{digest.hex[:2]}/{digest.hex}"


def staging_id(upload_id: str, digest: Digest) -> str:
    """Return the name under which a blob of an upload is collected."""
    return f"{upload_id}/{digest.hex}"


def expected_blobs(manifest: Manifest) -> dict[Digest, int]:
    """Return the distinct blobs of a manifest and their sizes.

    Raises:
        BlobMismatchError: the manifest gives one digest two sizes.
    """
    sizes: dict[Digest, int] = {}
    for entry in manifest.files:
        if sizes.setdefault(entry.digest, entry.size) != entry.size:
            raise BlobMismatchError(
                f"{entry.path}: digest {entry.digest} is listed with two sizes, {sizes[entry.digest]} and {entry.size}"
            )
    return sizes
