"""Adds signatures to versions, and shows what has become of them."""

from dataclasses import dataclass

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.catalog import ModelVersion, permitted_version
from modelkeep.domains.governance.domain.signatures import (
    CheckedSignature,
    Signature,
    SignatureNotFoundError,
)
from modelkeep.domains.governance.repository.signatures import SignatureRepository
from modelkeep.domains.governance.service.adding import add_signature, signature_of
from modelkeep.domains.governance.service.verification import Verifier
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.model_signing import MODEL_SIGNATURE, Bundle, InvalidBundleError
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class SignatureService:
    """Signatures of versions."""

    database: Database
    access: AccessService
    clock: Clock
    new_id: IdSource

    def add(self, actor: Actor, reference: Reference, document: Json) -> Recorded[CheckedSignature]:
        """Add a bundle to a version; one that is there already is left alone.

        It must hold now: who signs with a key that nobody trusts here adds nothing.

        Raises:
            InvalidBundleError: it is no bundle, or not one over files.
            UntrustedSignatureError, BadSignatureError: no trusted key has signed it.
            SignedFilesDifferError: it signs other files than those of the version.
            TooManySignaturesError: the version has 100.
        """
        with self.database.snapshot() as tx:
            verifier = Verifier.of(tx, self._writable(tx, actor, reference))
        bundle = Bundle.parse(document)
        new = signature_of(bundle, verifier.version, self.new_id(), actor, self.clock())
        verified = verifier.verify(bundle, new)
        if verified.predicate_type != MODEL_SIGNATURE:
            raise InvalidBundleError(f"only signatures over files are added: {MODEL_SIGNATURE}")
        with self.database.transaction() as tx:
            self._writable(tx, actor, reference, lock=True)
            known = SignatureRepository(tx, verifier.version.id).find_bundle(new.digest)
            if known is not None:
                return Recorded(verifier.check(known), None)
            add_signature(tx, verifier.version, new, verified, actor)
        return Recorded(CheckedSignature(new, verified), tx.receipt)

    def list(self, actor: Actor, reference: Reference, page: PageRequest) -> Page[CheckedSignature]:
        """Return one page of the signatures of a version, the newest first, each verified now."""
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            found = SignatureRepository(tx, version.id).list(page)
            verifier = Verifier.of(tx, version) if found.items else None
        return Page(tuple(verifier.check(one) for one in found.items) if verifier else (), found.next_token)

    def bundle(self, actor: Actor, reference: Reference, identity: str) -> Signature:
        """Return one signature with its bundle, as other programs verify it.

        Raises:
            SignatureNotFoundError: the version has no such signature.
        """
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            found = SignatureRepository(tx, version.id).find(identity)
        if found is None:
            raise SignatureNotFoundError(
                f"{version.reference} has no signature {identity[:80]}; 'modelkeep verify' lists those it has"
            )
        return found

    def _writable(self, tx: Transaction, actor: Actor, reference: Reference, *, lock: bool = False) -> ModelVersion:
        return permitted_version(tx, self.access, actor, Permission.VERSION_WRITE, reference, lock=lock)
