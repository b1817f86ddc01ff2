"""Use cases of artifacts: bytes in, bytes out."""

from modelkeep.domains.artifacts.service.contents import ArtifactService
from modelkeep.domains.artifacts.service.uploads import UploadService

__all__ = ["ArtifactService", "UploadService"]
