"""Makes evidence packs: gathers the parts, and signs one list of all of them with the key of the audit log."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from modelkeep.domains.access import AccessService, Permission, Scope
from modelkeep.domains.artifacts import BlobSource
from modelkeep.domains.audit import NoteSigner, ProvenEntries, proven_entries
from modelkeep.domains.cards import Attachment, attachments_of
from modelkeep.domains.catalog import ModelVersion, permitted_version
from modelkeep.domains.governance.service.evidence.parts import (
    PARTS,
    Files,
    attachment_list,
    promotion_part,
    waiver_part,
)
from modelkeep.kernel.clock import Clock, timestamp
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.evidence import MANIFEST_FILE, EvidenceManifest, PackedFile
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.manifests import FileEntry
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import Database, Transaction

MAX_ATTACHED: Final = 64 * 2**20
"""How many bytes of attachments a pack holds; of what is beyond, the list has the digest."""

_IN_MEMORY: Final = 8 * 2**20
_CHUNK: Final = 256 * 1024
_MODE: Final = 0o644 << 16
_README: Final = """Evidence of one version of a model, made by Modelkeep.

MANIFEST lists every file with its SHA-256 and size, and is signed with a key of the registry's audit log. Verify all of
it offline, with the log's key got by a way you trust:

    pip install 'modelkeep[verify]'
    modelkeep verify pack.zip --vkey VKEY

version.json, lineage.json, manifest.json   what was recorded, what it came from, and its files
signatures/, signatures.json                bundles of OpenSSF model-signing, and what came of verifying them
trusted-keys.json                           whose signatures the registry believes here
card.json, card.html, ml-bom.cdx.json       the model card, as a page, and as a bill of materials (CycloneDX 1.6)
attachments.json, attachments/              what is attached to the card; a file is named by the digest of its bytes
promotion-requests.json, policies/          who asked for which stage, who voted how, on what, by which policy
gate-results.json                           what each gate looked at and said, when the version moved
waivers.json                                which gates it may pass though they do not hold, by whom, until when
inspection.json                             what reading the files has found, without running them
audit/                                      the entries of the audit log about it, each with the proof that it is there
"""


@dataclass(frozen=True, slots=True)
class EvidencePack:
    """A pack: the version it is of, and its bytes in pieces, which can be read once."""

    version: ModelVersion
    digest: Digest
    pieces: Iterator[bytes] = field(repr=False)

    @property
    def name(self) -> str:
        """What its file may be called."""
        return f"{self.version.model.name}-{self.version.version}-evidence.zip"


@dataclass(frozen=True, slots=True)
class EvidenceService:
    """Evidence packs; `publish` has the log sign all that it has, `attached` opens a file of a card."""

    database: Database
    access: AccessService
    clock: Clock
    signer: NoteSigner
    publish: Callable[[], object]
    attached: Callable[[FileEntry], BlobSource]

    def pack(self, actor: Actor, reference: Reference, *, personal: bool = True) -> EvidencePack:
        """Return what the registry knows of a version, and can prove; that it was asked for is an entry itself.

        Without `personal` neither names nor what people typed to give reasons are in it, nor the bytes of attachments.

        Raises:
            ForbiddenError: the actor may not export the log of the model.
            TamperedLogError: the audit log is not the one that was signed.
            NotPublishedError: an entry about it was made in this very moment.
        """
        now = self.clock()
        with self.database.snapshot() as tx:
            self._permitted(tx, actor, reference)
        self.publish()
        with self.database.snapshot() as tx:
            version = self._permitted(tx, actor, reference)
            entries = proven_entries(tx, version.reference)
            files = [*_gathered(tx, version), *promotion_part(tx, version, personal=personal)]
            files += waiver_part(tx, version, now, personal=personal)
            attached = attachments_of(tx, version.id)
        files += self._attachments(attached, personal=personal)
        files += [("README.txt", _README.encode()), *self._log(entries, personal=personal)]
        listed = {path: PackedFile(Digest.of(data), len(data)) for path, data in files}
        manifest = EvidenceManifest(version.reference, timestamp(now), entries.checkpoint.size, listed)
        note = str(self.signer.sign(manifest.text)).encode()
        with self.database.transaction() as tx:
            tx.record(self._handed_out(version, manifest, actor, Digest.of(manifest.text.encode()), personal=personal))
        return EvidencePack(version, Digest.of(note), _zipped([(MANIFEST_FILE, note), *files]))

    def _permitted(self, tx: Transaction, actor: Actor, reference: Reference) -> ModelVersion:
        version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
        self.access.require(tx, actor, Permission.AUDIT_EXPORT, Scope.of_model(version.model))
        return version

    def _attachments(self, attached: Sequence[Attachment], *, personal: bool) -> Files:
        """Yield the files that are attached to the card, as far as there is room, and the list of all of them."""
        packed, room = dict[Digest, str](), MAX_ATTACHED if personal else 0
        for found in attached:
            if found.digest not in packed and found.size <= room:
                packed[found.digest], room = f"attachments/{found.digest.hex}", room - found.size
                yield packed[found.digest], b"".join(self.attached(found.file).read(0, found.size))
        if attached:
            yield "attachments.json", attachment_list(packed, attached, personal=personal)

    def _log(self, proven: ProvenEntries, *, personal: bool) -> Files:
        names = self.access.names({entry.actor.id for entry in proven.entries}) if personal else {}
        yield "audit/entries.jsonl", (proven if personal else proven.without_texts()).lines(names).encode()
        yield "audit/checkpoint.txt", str(proven.checkpoint.note).encode()
        keys = (
            f"{key.verifier}@{key.valid_from}-{'' if key.valid_to is None else key.valid_to}" for key in proven.keys
        )
        yield "audit/keys.txt", "".join(f"{key}\n" for key in keys).encode()
        yield from ((f"audit/proofs/{proof.seq}.tlog-proof", proof.file.encode()) for proof in proven.proofs)

    def _handed_out(
        self, version: ModelVersion, manifest: EvidenceManifest, actor: Actor, digest: Digest, *, personal: bool
    ) -> Event:
        data: dict[str, Json] = {
            "version_id": version.id,
            "number": version.number,
            "manifest_digest": str(version.manifest_digest),
            "evidence_digest": str(digest),
            "files": len(manifest.files),
            "entries_before": manifest.log_size,
            "personal": personal,
        }
        return Event("governance.evidence_exported", version.reference, actor, self.clock(), data)


def _gathered(tx: Transaction, version: ModelVersion) -> Files:
    for part in PARTS:
        yield from part(tx, version)


def _zipped(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield a zip with these files; a large one waits on the disk until it is read."""
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        with ZipFile(spool, "w", ZIP_DEFLATED) as archive:
            for path, data in files:
                entry = ZipInfo(path)
                entry.external_attr, entry.compress_type = _MODE, ZIP_DEFLATED
                archive.writestr(entry, data)
        spool.seek(0)
        while chunk := spool.read(_CHUNK):
            yield chunk
