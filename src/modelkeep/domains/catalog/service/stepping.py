"""Compares content that is to be registered with that of the version before it: outside of the transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.artifacts import ArtifactOperations
from modelkeep.domains.catalog.domain.versioning import ContentChange
from modelkeep.domains.catalog.operations.guarded import Guarded
from modelkeep.domains.catalog.repository import VersionRepository
from modelkeep.domains.catalog.repository.permits import holds_content
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.manifests import Manifest
from modelkeep.kernel.references import ModelName
from modelkeep.kernel.semver import Version
from modelkeep.platform.database import Database, Transaction

Compare: TypeAlias = Callable[[Digest, Manifest], ContentChange | None]
"""Compares stored content with content that is all stored as well; None where the files tell nothing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The content that is to be registered, and the version that was asked for, if one was."""

    manifest_digest: Digest
    upload_id: str | None
    version: Version | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What content changes from that of a version before it; None for the first, and where nothing tells."""

    before: Digest | None = None
    change: ContentChange | None = None


@dataclass(frozen=True, slots=True)
class Stepping:
    """Finds out how large a step content takes."""

    database: Database
    access: AccessService
    artifacts: ArtifactOperations
    compare: Compare

    def look(self, actor: Actor, model: ModelName, wanted: Wanted) -> Evidence:
        """Read and compare what is stored of both contents.

        Raises:
            ModelNotFoundError, ForbiddenError: the actor may not register versions of the model.
        """
        with self.database.snapshot() as tx:
            owner = Guarded(tx, self.access, actor).model(Permission.VERSION_CREATE, model)
            before = VersionRepository(tx).release_below(owner.id, wanted.version)
            if before is None or before.manifest_digest == wanted.manifest_digest:
                return Evidence(None if before is None else before.manifest_digest)
            manifest = self._manifest(tx, actor, str(owner.name), wanted)
        change = None if manifest is None else self.compare(before.manifest_digest, manifest)
        return Evidence(before.manifest_digest, change)

    def _manifest(self, tx: Transaction, actor: Actor, scope: str, wanted: Wanted) -> Manifest | None:
        """Return the manifest of content that the actor has sent, or could download: of other content nothing shows."""
        digest = wanted.manifest_digest
        if wanted.upload_id is None and not holds_content(
            tx, digest, self.access.values(actor, Permission.VERSION_DOWNLOAD)
        ):
            return None
        return self.artifacts.whole_manifest(tx, actor, scope, wanted.upload_id, digest)
