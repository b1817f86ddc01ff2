"""Use cases of artifacts: bytes in, bytes out."""

from modelkeep.domains.artifacts.repository import EXPIRED_AT_ONCE
from modelkeep.domains.artifacts.service.contents import ArtifactService
from modelkeep.domains.artifacts.service.uploads import UploadService

__all__ = ["EXPIRED_AT_ONCE", "ArtifactService", "UploadService"]
