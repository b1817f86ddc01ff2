"""Attaches files to cards, and hands them out."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.artifacts import ArtifactOperations, ArtifactService, BlobSource
from modelkeep.domains.audit import receipts_of
from modelkeep.domains.cards.domain.attachments import (
    MAX_ATTACHMENTS,
    Attachment,
    NewAttachment,
    attachment_added,
    attachment_removed,
    no_attachment,
)
from modelkeep.domains.cards.domain.errors import AttachmentExistsError, InvalidAttachmentError
from modelkeep.domains.cards.repository import AttachmentRepository
from modelkeep.domains.catalog import ModelVersion, permitted_version
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.manifests import FileEntry, Manifest
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import Database, Transaction

_MODE = 0o644


@dataclass(frozen=True, slots=True)
class OpenAttachment:
    """An attachment, and its bytes."""

    attachment: Attachment
    source: BlobSource


@dataclass(frozen=True, slots=True)
class AttachmentService:
    """Files that belong to the cards of versions: kept as artifacts, each of one file."""

    database: Database
    access: AccessService
    clock: Clock
    artifacts: ArtifactService
    operations: ArtifactOperations

    def attach(self, actor: Actor, reference: Reference, new: NewAttachment) -> Recorded[Attachment]:
        """Attach a file under its name; the same file again changes nothing.

        Raises:
            InvalidAttachmentError: it is not of a type that is taken, too large, or a picture without a text; or the
                version has too many.
            AttachmentExistsError: the name is taken by another file.
        """
        with self.database.snapshot() as tx:  # nobody may fill the object store who may not attach
            permitted_version(tx, self.access, actor, Permission.CARD_WRITE, reference)
        entry = _entry(new.checked())
        self.artifacts.keep(new.data)
        with self.database.transaction() as tx:
            version, attachments = self._writing(tx, actor, reference)
            current = attachments.find(version.id, new.name)
            if current is not None and (current.digest, current.alt) == (entry.digest, new.alt):
                return Recorded(current, None)
            _check_free(version, attachments, new, current)
            at = _after(attachments.last_change(version.id, new.name), self.clock())
            made = Attachment(version.id, new.name, new.media_type, entry.size, entry.digest, new.alt, at, actor.id)
            attachments.begin(made, self.operations.adopt(tx, Manifest((made.file,))).digest)
            tx.record(attachment_added(version.reference, made, actor))
        return Recorded(made, tx.receipt)

    def remove(self, actor: Actor, reference: Reference, name: str) -> Recorded[Attachment]:
        """Take an attachment away; what was attached stays readable as of a time before.

        Raises:
            AttachmentNotFoundError: there is none.
        """
        with self.database.transaction() as tx:
            version, attachments = self._writing(tx, actor, reference)
            current = attachments.find(version.id, name)
            if current is None:
                raise no_attachment(version.reference, name)
            at = _after(current.since, self.clock())
            attachments.end(current, actor.id, at)
            tx.record(attachment_removed(version.reference, current, actor, at))
        return Recorded(replace(current, until=at, ended_by=actor.id), tx.receipt)

    def list(self, actor: Actor, reference: Reference, page: PageRequest) -> Page[Attachment]:
        """Return one page of the attachments of a version, now or at the reference's `as_of`, by name."""
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            found = AttachmentRepository(tx).list(version.id, page, reference.as_of)
            places = [(version.reference, item.since) for item in found.items]
            entries = receipts_of(tx, places)
            pairs = zip(found.items, places, strict=True)
            return replace(found, items=tuple(replace(item, entry=entries.get(place)) for item, place in pairs))

    def names(self, actor: Actor, reference: Reference) -> dict[str, str]:
        """Return the name of each attachment by its digest, now or at the reference's `as_of`."""
        found = self.list(actor, reference, PageRequest(MAX_ATTACHMENTS))
        return {str(item.digest): item.name for item in found.items}

    def open(self, actor: Actor, reference: Reference, name: str) -> OpenAttachment:
        """Open an attachment for reading; who may read the version may.

        Raises:
            AttachmentNotFoundError: there is, or was, none of this name.
        """
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            found = AttachmentRepository(tx).find(version.id, name, reference.as_of)
        if found is None:
            raise no_attachment(version.reference, name)
        return OpenAttachment(found, self.artifacts.blob(found.file))

    def _writing(
        self, tx: Transaction, actor: Actor, reference: Reference
    ) -> tuple[ModelVersion, AttachmentRepository]:
        version = permitted_version(tx, self.access, actor, Permission.CARD_WRITE, reference, lock=True)
        return version, AttachmentRepository(tx)


def _entry(new: NewAttachment) -> FileEntry:
    """Return a file as the line of a manifest; a name that no system takes as a file's is refused."""
    return FileEntry(new.name, len(new.data), Digest.of(new.data), new.media_type, _MODE)


def _check_free(
    version: ModelVersion, attachments: AttachmentRepository, new: NewAttachment, current: Attachment | None
) -> None:
    if current is not None:
        raise AttachmentExistsError(
            f"{version.reference} has another attachment {new.name!r}; remove it first, or use another name",
            name=new.name,
            digest=str(current.digest),
        )
    if attachments.count(version.id) >= MAX_ATTACHMENTS:
        raise InvalidAttachmentError(
            f"{version.reference} has {MAX_ATTACHMENTS} attachments, and no more are kept; remove one first"
        )


def _after(last: datetime | None, now: datetime) -> datetime:
    return now if last is None else max(now, last + timedelta(microseconds=1))
