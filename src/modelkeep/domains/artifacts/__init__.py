"""Blobs, manifests, uploads and downloads: content that is addressed by its digest."""

from modelkeep.domains.artifacts.domain import (
    Artifact,
    BlobMissingError,
    BlobSource,
    CorruptBlobError,
    PartPlan,
    Upload,
    UploadLimits,
    UploadPlan,
    no_such_artifact,
)
from modelkeep.domains.artifacts.operations import ArtifactOperations, ReadableContent, manifest_of
from modelkeep.domains.artifacts.service import EXPIRED_AT_ONCE, ArtifactService, UploadService

__all__ = [
    "EXPIRED_AT_ONCE",
    "Artifact",
    "ArtifactOperations",
    "ArtifactService",
    "BlobMissingError",
    "BlobSource",
    "CorruptBlobError",
    "PartPlan",
    "ReadableContent",
    "Upload",
    "UploadLimits",
    "UploadPlan",
    "UploadService",
    "manifest_of",
    "no_such_artifact",
]
