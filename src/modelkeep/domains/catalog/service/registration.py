"""Opens uploads, and registers versions: content, number and record in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.artifacts import (
    Artifact,
    ArtifactOperations,
    ReadableContent,
    UploadPlan,
    UploadService,
    no_such_artifact,
)
from modelkeep.domains.catalog.domain.errors import InvalidRecordError, VersionExistsError
from modelkeep.domains.catalog.domain.fields import MAX_MESSAGE, check_text
from modelkeep.domains.catalog.domain.models import Model
from modelkeep.domains.catalog.domain.moments import moment_after
from modelkeep.domains.catalog.domain.records import Parent, VersionRecord
from modelkeep.domains.catalog.domain.versioning import BumpRequest, ContentChange, Proposal, check_step, propose
from modelkeep.domains.catalog.domain.versions import ModelVersion
from modelkeep.domains.catalog.operations.guarded import Guarded
from modelkeep.domains.catalog.repository import ModelRepository, VersionRepository
from modelkeep.domains.catalog.repository.permits import content_permitted, holds_content
from modelkeep.domains.catalog.service.stepping import Compare, Evidence, Stepping, Wanted
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.manifests import Manifest
from modelkeep.kernel.references import ModelName, Reference
from modelkeep.kernel.semver import Version
from modelkeep.platform.database import ConcurrentWriteError, Database, Transaction

_ATTEMPTS: Final = 100

FirstStage = Callable[[Transaction, ModelName], str]
"""Says which stage the versions of a model start in; governance knows."""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What is to be registered: content that is uploaded, or stored already, under a version or a bump."""

    manifest_digest: Digest
    record: VersionRecord
    upload_id: str | None = None
    version: Version | None = None
    bump: BumpRequest = BumpRequest.AUTO
    forced: str = ""
    """Why the version is right though its content takes a larger step."""


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """A version, whether this request made it, and what the registry has to say about it."""

    version: ModelVersion
    created: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegistrationService:
    """Registers versions."""

    database: Database
    access: AccessService
    artifacts: ArtifactOperations
    uploads: UploadService
    clock: Clock
    new_id: IdSource
    first_stage: FirstStage
    compare: Compare

    def open_upload(self, actor: Actor, model: ModelName, manifest: Manifest) -> UploadPlan:
        """Open an upload for a version of the model, or resume it; say which blobs are to be sent."""
        with self.database.transaction() as tx:
            owner = Guarded(tx, self.access, actor).model(Permission.VERSION_CREATE, model, lock=True)
            values = self.access.values(actor, Permission.VERSION_DOWNLOAD)
            readable = ReadableContent(content_permitted, values)
            return self.artifacts.open_upload(tx, actor, str(owner.name), manifest, readable)

    def register(self, actor: Actor, model: ModelName, new: NewVersion) -> Recorded[RegisteredVersion]:
        """Register a version in one transaction, after its content was compared with that of the version before it.

        The same content under the same version, or again as the newest version of its model, changes nothing and
        returns the version that is there.

        Raises:
            InvalidRecordError: a field of the record breaks its rule.
            BlobMissingError, UploadNotFoundError, ArtifactNotFoundError: the content is not all stored.
            VersionExistsError: the version is taken by other content, or by a deleted version.
            VersionNotFoundError: a parent does not exist.
            StepTooSmallError: the version says less than its content changes, and no reason was given.
        """
        check_text("reason for the version", new.forced, MAX_MESSAGE)
        checked = replace(new, record=new.record.checked())
        stepping = Stepping(self.database, self.access, self.artifacts, self.compare)
        for _ in range(_ATTEMPTS):
            evidence = stepping.look(actor, model, Wanted(new.manifest_digest, new.upload_id, new.version))
            registered = self._register(actor, model, checked, evidence)
            if registered is not None:
                return registered
        raise ConcurrentWriteError(f"other versions of {model} are registered all the time; try again")

    def _register(
        self, actor: Actor, model: ModelName, new: NewVersion, evidence: Evidence
    ) -> Recorded[RegisteredVersion] | None:
        """Register a version; None where the evidence is about another version before it than there is now."""
        with self.database.transaction() as tx:
            owner = Guarded(tx, self.access, actor).model(Permission.VERSION_CREATE, model, lock=True)
            versions = VersionRepository(tx)
            highest = versions.highest(owner.id) if new.version is None else None
            existing = self._existing(versions, owner, new, highest)
            if existing is None:
                before = versions.release_below(owner.id, new.version)
                if evidence.before != (None if before is None else before.manifest_digest):
                    return None
                finished = new.upload_id
                proposal = _proposal(new, highest, before, evidence.change)
                version = self._add(tx, actor, owner, new, proposal.version)
                tx.record(version.registered(actor, forced=new.forced))
            else:
                finished = self.artifacts.drop_upload(tx, actor, str(owner.name), new.upload_id)
        if finished is not None:
            self.uploads.discard_staging(finished)
        if existing is not None:
            return Recorded(existing, None)
        return Recorded(RegisteredVersion(version, created=True, notes=proposal.notes), tx.receipt)

    def _existing(
        self, versions: VersionRepository, owner: Model, new: NewVersion, highest: ModelVersion | None
    ) -> RegisteredVersion | None:
        """Return the version this request repeats, or None when it is new."""
        taken = highest if new.version is None else versions.find_taken(owner.id, new.version)
        if taken is None:
            return None
        if taken.manifest_digest == new.manifest_digest and taken.deleted_at is None:
            note = f"the content is that of {taken.reference}: nothing was registered"
            if new.version is None:
                note += "; to register it again give it a version of its own with --version X.Y.Z"
            return RegisteredVersion(taken, created=False, notes=(note,))
        if new.version is not None:
            state = "deleted, and its number stays taken" if taken.deleted_at else "registered with other content"
            raise VersionExistsError(
                f"{taken.reference} is {state}; use another version, or --bump patch",
                version=str(taken.version),
                manifest_digest=str(taken.manifest_digest),
            )
        return None

    def _add(self, tx: Transaction, actor: Actor, owner: Model, new: NewVersion, semantic: Version) -> ModelVersion:
        artifact = self._artifact(tx, actor, owner, new)
        versions, now = VersionRepository(tx), moment_after(owner.changed_at, self.clock())
        parents = tuple(self._parent(Guarded(tx, self.access, actor), parent) for parent in new.record.parents)
        version = ModelVersion(
            id=self.new_id(),
            model_id=owner.id,
            model=owner.name,
            number=ModelRepository(tx).take_number(owner.id),
            version=semantic,
            stage=self.first_stage(tx, owner.name),
            manifest_digest=artifact.digest,
            file_count=artifact.file_count,
            total_size=artifact.total_size,
            record=replace(new.record, parents=parents),
            aliases=(),
            created_at=now,
            created_by=actor.id,
            changed_at=now,
            changed_by=actor.id,
        )
        versions.add(version)
        return version

    def _artifact(self, tx: Transaction, actor: Actor, owner: Model, new: NewVersion) -> Artifact:
        if new.upload_id is None:
            self._check_held(tx, actor, new.manifest_digest)
            return self.artifacts.artifact(tx, new.manifest_digest)
        artifact = self.artifacts.seal(tx, actor, str(owner.name), new.upload_id)
        if artifact.digest != new.manifest_digest:
            raise InvalidRecordError(
                f"upload {new.upload_id} holds {artifact.digest}, not {new.manifest_digest}; send its own digest"
            )
        return artifact

    def _check_held(self, tx: Transaction, actor: Actor, content: Digest) -> None:
        """Refuse content that the actor could not download: to know a digest is not to have the bytes."""
        if not holds_content(tx, content, self.access.values(actor, Permission.VERSION_DOWNLOAD)):
            raise no_such_artifact(content)

    def _parent(self, guarded: Guarded, parent: Parent) -> Parent:
        """Bind a parent to the version it means now; a URI names a model outside of this registry."""
        if "://" in parent.reference:
            return parent
        found = guarded.resolve(Permission.VERSION_READ, Reference.parse(parent.reference))
        return Parent(found.reference, parent.relation, found.id)


def _proposal(
    new: NewVersion, highest: ModelVersion | None, before: ModelVersion | None, change: ContentChange | None
) -> Proposal:
    """Return the version that the new one gets, and why, held to what its content changes.

    Raises:
        StepTooSmallError: it says too little, and no reason was given.
    """
    proposal = propose(highest.version if highest else None, new.bump, change)
    if new.version is not None:
        proposal = Proposal(new.version)
    if before is None or change is None:
        return proposal
    return replace(proposal, notes=proposal.notes + check_step(before.version, proposal.version, change, new.forced))
