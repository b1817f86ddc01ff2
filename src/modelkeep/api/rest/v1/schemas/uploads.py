"""Uploads on the wire."""

from typing import Any, Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import In, Out, Timestamp
from modelkeep.domains.artifacts import PartPlan, UploadPlan
from modelkeep.kernel.manifests import Manifest, ManifestLimits


class UploadIn(In):
    """The manifest of what will be uploaded."""

    files: list[dict[str, Any]] = Field(
        description="Each with `path`, `size`, `digest`, `media_type` and `mode` (420 or 493)"
    )

    def manifest(self, limits: ManifestLimits) -> Manifest:
        """Return the manifest."""
        return Manifest.parse_files(self.files, limits)


class MissingBlobOut(Out):
    """A blob that is to be sent."""

    digest: str
    size: int


class UploadOut(Out):
    """An upload, and what of it is still missing."""

    id: str
    manifest_digest: str
    expires_at: Timestamp
    part_size: int = Field(description="The usual size of a part, in bytes")
    batch_blob_limit: int = Field(description="Blobs up to this size may travel many in one request")
    batch_bytes_limit: int = Field(description="The greatest body of such a request, frames included")
    missing: list[MissingBlobOut]

    @classmethod
    def of(cls, plan: UploadPlan) -> Self:
        """Present an upload."""
        return cls(
            id=plan.upload.id,
            manifest_digest=str(plan.upload.manifest_digest),
            expires_at=plan.upload.expires_at,
            part_size=plan.limits.part_size,
            batch_blob_limit=plan.limits.batch_blob,
            batch_bytes_limit=plan.limits.batch_total,
            missing=[MissingBlobOut(digest=str(blob.digest), size=blob.size) for blob in plan.missing],
        )


class PartRequestOut(Out):
    """A request that sends a part straight to the object store; the headers must go with it."""

    method: str
    url: str
    headers: dict[str, str]


class PartOut(Out):
    """One part of a blob; `upload` is null where the part goes to this server."""

    number: int
    offset: int
    size: int
    received: bool
    upload: PartRequestOut | None


class PartsOut(Out):
    """The parts of a blob."""

    digest: str
    parts: list[PartOut]

    @classmethod
    def of(cls, digest: str, plans: tuple[PartPlan, ...]) -> Self:
        """Present the parts."""
        return cls(digest=digest, parts=[_part(plan) for plan in plans])


class BlobStatusOut(Out):
    """Whether a blob is stored, or still being verified: then ask again."""

    digest: str
    status: str = Field(examples=["stored", "verifying"])


class StoredOut(Out):
    """The blobs of a batch that are stored now."""

    stored: list[str]


def _part(plan: PartPlan) -> PartOut:
    request = plan.request
    upload = None
    if request is not None:
        upload = PartRequestOut(method=request.method, url=request.url, headers=dict(request.headers))
    return PartOut(number=plan.number, offset=plan.offset, size=plan.size, received=plan.received, upload=upload)
